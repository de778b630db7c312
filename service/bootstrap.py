"""The one place that wires: from settings to an archive with all its operations. Decides nothing itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pymongo.errors import PyMongoError

from service.access.gate import Gate
from service.access.operations import AccountOperations
from service.access.passes import INDEXES as PASS_INDEXES
from service.access.passes import Passes
from service.access.pledges import INDEXES as PLEDGE_INDEXES
from service.access.pledges import Pledges
from service.access.policy import Action
from service.access.relations import INDEXES as RELATION_INDEXES
from service.access.relations import Relations
from service.access.repository import INDEXES as ACCESS_INDEXES
from service.access.repository import Accounts, Sessions
from service.access.standing import Standing
from service.administration.catalogue import CatalogueKeeping
from service.administration.operations import Administration
from service.audit.checkpoints import Checkpoints
from service.audit.repository import INDEXES as AUDIT_INDEXES
from service.audit.trail import Audit
from service.care import repository as cared
from service.care.operations import CareOperations
from service.care.register import InspectionsRegister
from service.care.rules import SHOWN as SHOW_CARE
from service.care.rules import WORKFLOW as CARING
from service.care.rules import Training
from service.casework.due import INDEXES as DUE_INDEXES
from service.casework.due import Due
from service.casework.operations import Casework, Kind
from service.casework.register import Register
from service.casework.shown import Shown
from service.casework.waits import INDEXES as WAIT_INDEXES
from service.casework.waits import Waits
from service.catalogue.model import Catalogue
from service.catalogue.repository import CompanyCatalogue, PolicySettings
from service.circulation.lending import comparing
from service.circulation.lending import repository as lending
from service.circulation.lending.comparing import Comparing
from service.circulation.lending.counting import Counting
from service.circulation.lending.letters import Letters
from service.circulation.lending.naming import Naming
from service.circulation.lending.operations import LendingOperations
from service.circulation.lending.register import LoansRegister
from service.circulation.lending.rules import SHOWN as SHOW_LENDING
from service.circulation.lending.rules import WORKFLOW as LENDING
from service.circulation.lending.turns import Turns
from service.circulation.pledging.operations import Pledging
from service.circulation.registers.operations import ViewsRegister
from service.circulation.viewing import repository as view_requests
from service.circulation.viewing.operations import ViewingOperations
from service.circulation.viewing.rules import SHOWN as SHOW_VIEWING
from service.circulation.viewing.rules import WORKFLOW as VIEWING
from service.clock import Clock, SystemClock
from service.config import Settings
from service.desk.digest import INDEXES as DIGEST_INDEXES
from service.desk.digest import Digest
from service.desk.work import Work
from service.files.operations import FileOperations
from service.files.repository import INDEXES as FILE_INDEXES
from service.files.repository import Files
from service.fulltext import engines
from service.fulltext.port import Reader
from service.intake.entering import Entering
from service.intake.opening import Opening
from service.intake.submissions import repository as handed
from service.intake.submissions import rules as handing
from service.intake.submissions.operations import Submissions
from service.intake.submissions.receiving import Receiving
from service.intake.submissions.redating import Redating
from service.intake.submissions.register import HandedRegister
from service.notices.mail import INDEXES as MAIL_INDEXES
from service.notices.mail import Addresses, Mailer
from service.notices.repository import INDEXES as NOTICE_INDEXES
from service.notices.repository import Notices
from service.places.labelling import Labelling
from service.places.operations import PlaceOperations
from service.places.repository import INDEXES as PLACE_INDEXES
from service.places.repository import Places
from service.places.stocktaking import INDEXES as STOCKTAKE_INDEXES
from service.places.stocktaking import Stocktaking
from service.records.operations import RecordOperations
from service.records.repository import INDEXES as RECORD_INDEXES
from service.records.repository import Records
from service.scans.arranging import Arranging
from service.scans.operations import ScanOperations
from service.scans.repository import INDEXES as SCAN_INDEXES
from service.scans.repository import Scans
from service.search.operations import SearchOperations
from service.store import heartbeats, jobs
from service.store.connection import Store, connect
from service.store.copying import unfinished
from service.store.embedded import EmbeddedStore, StoreProblem, find_running, hold_folder
from service.store.heartbeats import Heartbeats
from service.store.jobs import Jobs
from service.store.keys import Keyring, master_key
from service.store.reaching import reach
from service.supervision.operations import Supervision


@dataclass(frozen=True)
class Archive:
    """Everything that a program of ours needs, wired once at its start."""

    settings: Settings
    clock: Clock
    store: Store
    keys: Keyring
    audit: Audit
    checkpoints: Checkpoints
    jobs: Jobs
    heartbeats: Heartbeats
    catalogue: CompanyCatalogue
    policy: PolicySettings
    gate: Gate
    relations: Relations
    waits: Waits
    notices: Notices
    casework: Casework
    standing: Standing
    work: Work
    due: Due
    digest: Digest
    accounts: AccountOperations
    files: FileOperations
    opening: Opening
    submissions: Submissions
    supplements: Submissions
    receiving: Receiving
    redating: Redating
    handed: Mapping[str, tuple[str, HandedRegister]]
    entering: Entering
    pledges: Pledges
    passes: Passes
    pledging: Pledging
    views: ViewsRegister
    viewing: ViewingOperations
    records: RecordOperations
    administration: Administration
    catalogue_keeping: CatalogueKeeping
    search: SearchOperations
    scans: ScanOperations
    arranging: Arranging
    lending: LendingOperations
    letters: Letters
    comparing: Comparing
    loans: LoansRegister
    inspections: InspectionsRegister
    trainings: Register[Training]
    care: CareOperations
    supervision: Supervision
    places: PlaceOperations
    stocktaking: Stocktaking
    labelling: Labelling
    kept_scans: Scans
    reader: Reader
    people: Accounts
    kept_files: Files
    kept_records: Records


INDEXES = {
    **AUDIT_INDEXES, **jobs.INDEXES, **heartbeats.INDEXES, **ACCESS_INDEXES, **FILE_INDEXES, **RECORD_INDEXES,
    **SCAN_INDEXES, **RELATION_INDEXES, **WAIT_INDEXES, **NOTICE_INDEXES,
    **PLACE_INDEXES, **STOCKTAKE_INDEXES, **view_requests.INDEXES, **lending.INDEXES, **comparing.INDEXES,
    **handed.INDEXES, **cared.INDEXES,
    **PASS_INDEXES, **PLEDGE_INDEXES,
    **DUE_INDEXES, **MAIL_INDEXES, **DIGEST_INDEXES,
}  # fmt: skip


def build(settings: Settings, store: Store, clock: Clock | None = None) -> Archive:
    """Wire an archive over a connected store. Raises KeyProblem when the master key does not fit.

    Raises StoreProblem where `dangan move` was cut off on its way into this store.
    """
    clock = clock or SystemClock(settings.zone)
    if unfinished(store):
        raise StoreProblem("an archive is on its way into this store: run `dangan move` again, until it is all there")
    fresh = store.db["key_vault"].find_one({}, {"_id": 1}) is None
    master, _ = master_key(settings.master_key_file, create=fresh)
    keys = Keyring(store, master)
    store.create_indexes(INDEXES)
    audit = Audit(store, clock)
    catalogue = CompanyCatalogue(store, Catalogue.load())
    policy = PolicySettings(store, catalogue)
    gate = Gate(audit, lambda: policy.value("agent_reads_opinions") == "yes")
    people = Accounts(store, keys)
    pledges = Pledges(store)
    passes = Passes(store, clock, pledges)
    files = Files(store, keys)
    records = Records(store, keys)
    scans = Scans(store, keys)
    kept_places = Places(store)
    places = PlaceOperations(store, kept_places, files, records, audit, gate, clock, catalogue)
    queues = Jobs(store, clock)
    beats = Heartbeats(store, clock)
    reader = engines.reader(settings)
    relations, waits, notices = Relations(store, people, clock), Waits(store, clock), Notices(store, clock)
    casework = Casework(store, audit, gate, clock, relations, waits, notices, policy)
    loans = Kind(lending.loans(store, keys), LENDING)
    duties, room = Kind(cared.duties(store, keys), CARING), cared.Care(store)
    entries = RecordOperations(store, records, files, catalogue, audit, gate, clock, keys, relations)
    to_view = Kind(view_requests.requests(store, keys), VIEWING)
    entering = Entering(store, files, entries, gate, clock, catalogue)
    submitted = Kind(handed.cases(store, keys, handed.SUBMISSIONS), handing.WORKFLOW)
    supplemented = Kind(
        handed.cases(store, keys, handed.SUPPLEMENTS), handing.SUPPLEMENTS, watched=frozenset({handing.State.RETURNED})
    )
    rooms = (casework, entering, entries, records, files, scans, people, gate)
    submissions = Submissions(submitted, *rooms)
    supplements = Submissions(supplemented, *rooms, evidence=True)
    on_desks: list[tuple[Kind[Any, Any, Any], Shown]] = [
        (to_view, SHOW_VIEWING), (loans, SHOW_LENDING), (duties, SHOW_CARE), (submitted, handing.SHOWN),
        (supplemented, handing.SHOW_SUPPLEMENTS),
    ]  # fmt: skip
    minding = {kind.name: shown.minds for kind, shown in on_desks}
    desks = Work(on_desks, waits, relations, people, notices, clock)
    link = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    listed = FileOperations(store, files, people, audit, gate, clock, policy)
    originals = lending.Originals(store)
    lent = LendingOperations(
        casework, loans, originals, Turns(originals, loans, notices, clock), Naming(files, records, kept_places),
        Counting(store, files, records, scans), files, people, gate, clock, policy, pledges,
        lambda account: room.is_bound(account, clock.today()),
    )  # fmt: skip
    searching = SearchOperations(reader, files, listed, records, catalogue, scans, audit, gate, beats)
    watched = Supervision(
        reader, searching.fresh, waits, people, files, records, kept_places, duties, room, catalogue, audit, gate,
        policy, clock,
    )  # fmt: skip
    return Archive(
        settings=settings,
        clock=clock,
        store=store,
        keys=keys,
        audit=audit,
        checkpoints=Checkpoints(store, keys, clock, settings.data),
        jobs=queues,
        heartbeats=beats,
        catalogue=catalogue,
        policy=policy,
        gate=gate,
        relations=relations,
        waits=waits,
        notices=notices,
        casework=casework,
        standing=Standing(store, relations, people, notices, audit, gate, clock),
        work=desks,
        due=Due(store, waits, relations, people, notices, policy, clock, minding),
        digest=Digest(store, desks, people, Addresses(store, keys), Mailer(settings), audit, clock, link),
        accounts=AccountOperations(store, people, Sessions(store), audit, gate, clock, policy, passes),
        files=listed,
        opening=Opening(store, listed, files, records, keys, audit, gate, clock, catalogue),
        entering=entering,
        submissions=submissions,
        supplements=supplements,
        receiving=Receiving(submissions, supplements, entering, entries, records),
        redating=Redating(casework, supplemented, clock),
        handed={
            kind.name: (shown.title, HandedRegister(kind, audit, gate, people, records, clock))
            for kind, shown in ((submitted, handing.SHOWN), (supplemented, handing.SHOW_SUPPLEMENTS))
        },
        pledges=pledges,
        passes=passes,
        views=ViewsRegister(audit, gate, people, records, clock),
        pledging=Pledging(store, pledges, audit, gate, clock),
        viewing=ViewingOperations(casework, to_view, files, people, passes, gate, clock, catalogue, policy),
        records=entries,
        catalogue_keeping=CatalogueKeeping(store, catalogue, audit, gate),
        administration=Administration(store, audit, gate, clock, catalogue, policy, beats, settings, reader),
        search=searching,
        scans=ScanOperations(store, scans, records, files, keys, queues, audit, gate, clock, catalogue, policy),
        arranging=Arranging(store, scans, records, files, keys, queues, audit, gate, clock, catalogue),
        lending=lent,
        letters=Letters(store, keys, audit, gate, clock, policy),
        loans=LoansRegister(lent.kind, audit, gate, people, clock),
        comparing=Comparing(store, lent, files, records, scans, keys, queues, audit, gate, clock, policy, catalogue),
        care=CareOperations(store, room, casework, duties, people, audit, clock, policy),
        trainings=Register("trainings", room.trainings, Action.READ_CARE, audit, gate),
        inspections=InspectionsRegister(duties, audit, gate, people, clock),
        supervision=watched,
        places=places,
        stocktaking=Stocktaking(store, kept_places, places, audit, gate, clock, originals.away),
        labelling=Labelling(store, kept_places, files, records, audit, gate, catalogue),
        kept_scans=scans,
        reader=reader,
        people=people,
        kept_files=files,
        kept_records=records,
    )


def connected(settings: Settings) -> Store:
    """The store of these settings, which somebody runs already. Raises StoreProblem when nobody does."""
    if settings.mongodb_uri is not None:
        password = settings.mongodb_password.get_secret_value() if settings.mongodb_password else None
        address = settings.mongodb_uri.get_secret_value()
        return reach(address, settings.mongodb_database, settings.mongodb_user, password, "DANGAN_MONGODB_URI")
    running = find_running(settings.data)
    mend = "start it with `dangan serve`, or set DANGAN_MONGODB_URI"
    if running is None:
        raise StoreProblem(f"the archive is not running: {mend}")
    store = connect(running.uri, settings.mongodb_database)
    try:
        store.client.admin.command("ping")
    except PyMongoError as error:
        store.close()
        raise StoreProblem(f"the store does not answer ({type(error).__name__}): {mend}") from error
    return store


@contextmanager
def opened(settings: Settings) -> Iterator[Archive]:
    """An archive for one command: on the store that runs, or on an embedded one for as long as it takes."""
    if settings.mongodb_uri is None:
        try:
            held = hold_folder(settings.data)
        except StoreProblem:
            held = None  # `dangan serve` has the folder, so its store is running
        if held is not None:
            with held:
                embedded = EmbeddedStore(settings.data, settings.store_server)
                store = connect(embedded.start().uri, settings.mongodb_database)
                try:
                    yield build(settings, store)
                finally:
                    store.close()
                    embedded.stop()
            return
    store = connected(settings)
    try:
        yield build(settings, store)
    finally:
        store.close()
