"""Filling an empty archive with the demo: departments and accounts first, so that one can log in at once."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from service.access.operations import AccountOperations
from service.app import DEMO_PASSWORD
from service.bootstrap import Archive
from service.circulation.viewing.rules import Event
from service.demo.drawing import KINDS, draw, printout
from service.demo.handing import hand_in
from service.demo.people import DEPARTMENTS, Agent, people
from service.demo.shelves import lend, look_after, shelve
from service.files.rules import Event as FileEvent
from service.files.rules import File, Status
from service.intake.rules import Entry, Given
from service.logs import logger
from service.person import SYSTEM, Person, Role
from service.store.connection import Store

log = logger("demo")

_TOGETHER = 25
"""Agents whose files are opened in one transaction."""
_PRINTED = 6
"""How many printed papers there are for each that is photographed."""
_BEGUN, _SCANS = "begun", "scans"
_IDENTITY, _EDUCATION = ("basic", "identity"), ("basic", "education")

DEMO_HR = Person("hr", "孙丽", Role.HR, "hr")
ACCOUNTS = (
    ("stranger", "卫来", Role.NONE, None), ("hr", "孙丽", Role.HR, "hr"), ("clerk", "周文", Role.CLERK, "north"),
    ("head", "吴敏", Role.HEAD, "north"), ("head2", "郑强", Role.HEAD, "south"),
    ("archivist", "钱芳", Role.ARCHIVIST, "archives"), ("archives", "赵刚", Role.ARCHIVES_HEAD, "archives"),
    ("leadership", "冯毅", Role.LEADERSHIP, "office"), ("admin", "陈工", Role.ADMIN, "office"),
    ("auditor", "褚明", Role.AUDITOR, "office"),
)  # fmt: skip


def accounts(operations: AccountOperations, own_file: str, own_name: str) -> None:
    """The cast and their departments; `own_file` is the agent's."""
    for code, name in DEPARTMENTS.items():
        operations.put_department(SYSTEM, code, name)
    for account, name, role, department in ACCOUNTS:
        if not operations.known(account):
            operations.create(SYSTEM, account, name, role, DEMO_PASSWORD, department)
    if not operations.known("agent"):
        operations.create(SYSTEM, "agent", own_name, Role.AGENT, DEMO_PASSWORD, "north", own_file)


def load(archive: Archive) -> None:
    """The demo archive, once; a load that was cut off goes on with the step that it stopped in.

    An archive that has accounts, but not the cast's first one, is an office's own: it is left alone.
    """
    if archive.accounts.exist() and not archive.accounts.known("stranger"):
        log.warning("demo.refused")
        return
    count = archive.settings.demo_count
    agents = list(people(count))
    first = agents[0].opening
    accounts(archive.accounts, f"KF-{first['hire_date'][:4]}-00001", first["name"])
    opened, done = archive.files.opened(SYSTEM), Done(archive.store)
    if opened < count:
        done.note(_BEGUN)
    for start in range(opened, count, _TOGETHER):
        some = agents[start : start + _TOGETHER]
        entries = [Entry(agent.opening, tuple(Given(*record) for record in agent.records)) for agent in some]
        archive.opening.open_all(DEMO_HR, entries, confirmed=True)
    if done.has(_BEGUN):  # else it was loaded whole before steps were noted
        for name, work in _STEPS:
            if not done.has(name):
                work(archive)
                done.note(name)
    archive.heartbeats.beat("demo", {"files": count})
    if done.has(_BEGUN) and not done.has(_SCANS):
        _scan(archive, agents)
        done.note(_SCANS)
    log.info("demo.loaded", files=count)


class Done:
    """Which steps of the loading were taken, one small document for each."""

    def __init__(self, store: Store) -> None:
        self._done = store.collection("demo_steps")

    def has(self, step: str) -> bool:
        return self._done.find_one({"_id": step}) is not None

    def note(self, step: str) -> None:
        self._done.update_one({"_id": step}, {"$set": {"done": True}}, upsert=True)


def _leave(archive: Archive) -> None:
    """Those who have left."""
    for file, agent in _newest(archive, list(people(archive.settings.demo_count))):
        if agent.left_on and file.status is Status.ACTIVE:
            archive.files.move(DEMO_HR, file.file_no, file.version, FileEvent.LEAVE, agent.left_on)


def _newest(archive: Archive, agents: Sequence[Agent]) -> Iterator[tuple[File, Agent]]:
    """The agents with their files, the newest file first; who opened one by hand meanwhile stands in between."""
    below: int | None = None
    while below is None or below > 1:
        window, below = archive.kept_files.window(below)
        for place, file in window:
            if place <= len(agents) and agents[place - 1].opening["name"] == file.name:
                yield file, agents[place - 1]


def _scan(archive: Archive, agents: Sequence[Agent]) -> None:
    """The newest files stand first in every list: they have photographed papers, read while one looks around.

    The others' checklist is printed: pages that carry their text, and so cost next to nothing to read. Every seventh
    diploma is still to come, so that there is something to ask for.
    """
    left, number = archive.settings.demo_scans, 0
    printed = left * _PRINTED
    for at, (file, agent) in enumerate(_newest(archive, agents)):
        records = list(archive.kept_records.of_file(file.file_no, file.records))
        for record in reversed(records):
            kind = (record.category, record.subcategory)
            if kind not in KINDS:
                continue
            if left:
                page, name = draw(KINDS[kind](agent), number), f"{kind[1]}.jpg"
                left, number = left - 1, number + 1
            elif printed and (kind == _IDENTITY or (kind == _EDUCATION and at % 7 != 6)):
                page, name = printout(KINDS[kind](agent)), f"{kind[1]}.pdf"
                printed -= 1
            else:
                continue
            archive.scans.upload(DEMO_HR, record.id, io.BytesIO(page), name)


def _viewing(archive: Archive) -> None:
    """The north's head has a running pass for the department's newest files; a clerk's application waits for them."""
    head, clerk = Person("head", "吴敏", Role.HEAD, "north"), Person("clerk", "周文", Role.CLERK, "north")
    numbers = [file.file_no for file in archive.files.list(head, size=12)[0]]
    if not numbers:
        return
    until = (archive.clock.now() + timedelta(days=6)).isoformat()
    given = {"files": numbers, "purpose": "appraisal", "reason": "核对年度考核材料", "until": until}
    asked = archive.viewing.ask(head, given).case
    office = Person("archives", "赵刚", Role.ARCHIVES_HEAD, "archives")
    archive.viewing.take(office, asked.id, Event.GRANT, asked.version, {})
    archive.viewing.ask(clerk, {**given, "files": numbers[:1], "purpose": "promotion", "reason": "晋升前核对培训记录"})


_STEPS: tuple[tuple[str, Callable[[Archive], None]], ...] = (
    ("left", _leave), ("submissions", hand_in), ("places", shelve), ("care", look_after), ("viewing", _viewing),
    ("loans", lend),
)  # fmt: skip
