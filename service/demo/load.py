"""Filling an empty archive with the demo: departments and accounts first, so that one can log in at once."""

import io
from datetime import timedelta

from service.access.operations import AccountOperations
from service.app import DEMO_PASSWORD
from service.bootstrap import Archive
from service.circulation.viewing.rules import Event
from service.demo.drawing import KINDS, draw
from service.demo.handing import hand_in
from service.demo.people import DEPARTMENTS, Agent, people
from service.demo.shelves import lend, look_after, shelve
from service.files.rules import Event as FileEvent
from service.intake.rules import Entry, Given
from service.logs import logger
from service.person import SYSTEM, Person, Role

log = logger("demo")

_TOGETHER = 25
"""Agents whose files are opened in one transaction."""

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
    """The demo archive, once; a load that was cut off goes on where it stopped.

    An archive that has accounts, but not the cast's first one, is an office's own: it is left alone.
    """
    if archive.accounts.exist() and not archive.accounts.known("stranger"):
        log.warning("demo.refused")
        return
    count = archive.settings.demo_count
    agents = list(people(count))
    first = agents[0].opening
    accounts(archive.accounts, f"KF-{first['hire_date'][:4]}-00001", first["name"])
    opened = archive.files.opened(SYSTEM)
    if opened >= count:
        archive.heartbeats.beat("demo", {"files": opened})
        return
    paper: list[tuple[str, Agent, tuple[str, str]]] = []
    for start in range(opened, count, _TOGETHER):
        some = agents[start : start + _TOGETHER]
        entries = [Entry(agent.opening, tuple(Given(*record) for record in agent.records)) for agent in some]
        for file, agent in zip(archive.opening.open_all(DEMO_HR, entries, confirmed=True), some, strict=True):
            for record in archive.kept_records.of_file(file.file_no, file.records):
                kind = (record.category, record.subcategory)
                if kind in KINDS:
                    paper.append((record.id, agent, kind))
            if agent.left_on:
                archive.files.move(DEMO_HR, file.file_no, file.version, FileEvent.LEAVE, agent.left_on)
    hand_in(archive)
    shelve(archive)
    look_after(archive)
    _viewing(archive)
    lend(archive)
    archive.heartbeats.beat("demo", {"files": count})
    # The newest files stand first in every list: they are the ones with scans, read while one looks around.
    for number, (record_id, agent, kind) in enumerate(reversed(paper[-archive.settings.demo_scans :])):
        page = draw(KINDS[kind](agent), number)
        archive.scans.upload(DEMO_HR, record_id, io.BytesIO(page), f"{kind[1]}.jpg")
    log.info("demo.loaded", files=count)


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
