"""An archive with a clock that can be set, a kind of errands, and the cast's accounts."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from flask.testing import FlaskClient

from service.access.policy import Action, Subject
from service.bootstrap import Archive, build
from service.casework.due import Due
from service.casework.operations import Kind
from service.casework.repository import INDEXES, Cases, Kept
from service.casework.shown import Shown
from service.clock import SetClock
from service.config import Settings
from service.desk.work import Work
from service.files.rules import File
from service.person import SYSTEM
from service.store.connection import Store
from service.workflow import Party, Step, Workflow
from tests.cast import CAST, DEPARTMENTS, PASSWORD
from tests.workflow.test_engine import Event, State

TABLE = Workflow[State, Event](
    Step(State.ASKED, Event.SIGN, State.SIGNED, (Party.HEAD,), notice=(Party.REQUESTER,)),
    Step(State.SIGNED, Event.GRANT, State.GRANTED, (Party.ARCHIVIST,), notice=(Party.REQUESTER,)),
    Step(State.ASKED, Event.WITHDRAW, State.WITHDRAWN, (Party.REQUESTER,), waits=False),
)
SHOWN = Shown("跑腿申请", "desk.home", {"asked": "签字", "signed": "批准"}, {"sign": "负责人已签字"})


@dataclass(frozen=True)
class Errand:
    """What the cases of these tests are about."""

    reason: str


@pytest.fixture
def settings(data_folder, tmp_path) -> Settings:
    return Settings(data=tmp_path, master_key=data_folder / "keys" / "master.key")


@pytest.fixture
def archive(store: Store, settings: Settings, set_clock: SetClock) -> Archive:
    made = build(settings, store, set_clock)
    for code, name in DEPARTMENTS.items():
        made.accounts.put_department(SYSTEM, code, name)
    for one in CAST.values():
        made.accounts.create(SYSTEM, one.account, one.name, one.role, PASSWORD, one.department, one.file_no)
    store.create_indexes({"errands": INDEXES})
    kind = Kind(Cases(store, made.keys, "errands", State, lambda said: Errand(**said)), TABLE)
    work = Work([(kind, SHOWN)], made.waits, made.relations, made.people, made.notices, set_clock)
    return replace(made, work=work)


@pytest.fixture
def kind(archive: Archive) -> Kind[Errand, State, Event]:
    return archive.work.kind("errands")


@pytest.fixture
def file(archive: Archive) -> File:
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(CAST["hr"], given)


def ask(archive: Archive, kind: Kind[Errand, State, Event], file: File, due: date) -> Kept[Errand]:
    """The clerk asks for something that is due on a day."""
    return archive.casework.begin(
        CAST["clerk"], kind, State.ASKED, Errand("核对合同"), action=Action.READ_FILE,
        subject=Subject(file.file_no, "north"), files=[file.file_no], due=due,
    )  # fmt: skip


@pytest.fixture
def asked(archive: Archive, kind: Kind[Errand, State, Event], file: File) -> Kept[Errand]:
    """The clerk has asked for something that is due on 9 March 2026; it is the 2nd."""
    return ask(archive, kind, file, date(2026, 3, 9))


def due(archive: Archive) -> Due:
    """What a timer of its own would tell with."""
    return Due(
        archive.store, archive.waits, archive.relations, archive.people, archive.notices, archive.policy,
        archive.clock, {},
    )  # fmt: skip


def bearer(client: FlaskClient, name: str) -> dict[str, str]:
    said = {"purpose": "appraisal"} if name == "hr" else {}  # whoever looks directly says what for
    answer = client.post("/api/v1/session", json={"username": name, "password": PASSWORD, **said})
    return {"Authorization": f"Bearer {answer.json['token']}"}
