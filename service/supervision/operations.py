"""Counting and listing what is left undone. Permission first; nothing is changed, and every look is an event.

Overdue and due things come from the queues of the archives office, files and records from the search index, boxes in
windows of their codes: so none of it is a wide query of the store.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action
from service.access.repository import Accounts
from service.audit.trail import Audit, account_chain
from service.care.repository import DUTIES, Care
from service.care.rules import State as DutyState
from service.casework.operations import Kind
from service.casework.waits import Waiting, Waits, watched
from service.catalogue.model import Catalogue, Expected
from service.catalogue.repository import PolicySettings
from service.circulation.lending.repository import COLLECTION as LOANS
from service.clock import Clock
from service.errors import FieldError, Invalid, Unavailable
from service.files.repository import Files
from service.fulltext.port import EngineDown, Query, Reader, Result, Scope
from service.fulltext.port import Kind as Found
from service.intake.submissions.repository import SUPPLEMENTS
from service.person import Person, Role
from service.places.repository import Places
from service.places.rules import Place
from service.records.repository import Records
from service.records.rules import Verdict
from service.supervision.rules import (
    MOST_EXPORTED,
    OF_CARE,
    PAGE,
    SEARCHED,
    Count,
    Line,
    Matter,
    counted,
    uncounted,
)

QUEUES = (f"role:{Role.ARCHIVIST}", f"role:{Role.ARCHIVES_HEAD}", watched(SUPPLEMENTS))
_SHOWN = 3
"""Files of a case that its line names."""
_ALL = Scope(({},), ("own",))
_DUTIES = {
    DutyState.FAULTY: Matter.FAULTS, DutyState.DUE: Matter.INSPECTIONS, DutyState.RENEW: Matter.RENEWALS,
}  # fmt: skip


_VERDICTS = {Matter.UNVERIFIED: ("none",), Matter.DOUBTFUL: (Verdict.DOUBTFUL.value, Verdict.FALSE.value)}


@dataclass(frozen=True, slots=True)
class Overview:
    """All counts. Degraded: those of the search index may be old, or are not to be had."""

    counts: tuple[Count, ...]
    degraded: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A part of one matter's list, how many there are, and from where to go on."""

    lines: tuple[Line, ...]
    total: int | None
    next: str
    degraded: bool


class Supervision:
    """What is left undone. Every method asks the gate first."""

    def __init__(
        self, reader: Reader, fresh: Callable[[], bool], waits: Waits, accounts: Accounts, files: Files,
        records: Records, places: Places, duties: Kind[Any, Any, Any], room: Care, catalogue: Catalogue,
        audit: Audit, gate: Gate, settings: PolicySettings, clock: Clock,
    ) -> None:  # fmt: skip
        self._reader, self._fresh, self._waits, self._accounts = reader, fresh, waits, accounts
        self._files, self._records, self._places, self._duties = files, records, places, duties
        self._room = room
        self._catalogue, self._audit, self._gate = catalogue, audit, gate
        self._settings, self._clock = settings, clock

    def may_read(self, person: Person) -> bool:
        return self._gate.decide(person, Action.SUPERVISE).allowed

    def may_list(self, person: Person) -> bool:
        return self._gate.decide(person, Action.LIST_UNDONE).allowed

    def overview(self, person: Person, *, taken: bool = False) -> Overview:
        """How much of everything is undone, in all and in each department; `taken` where it becomes a sheet."""
        self._gate.require(person, Action.SUPERVISE)
        waiting = list(self._waiting())
        departments = self._departments([one for _, one in waiting])
        counts = []
        for matter in Matter:
            if matter in SEARCHED:
                counts.append(self._searched(matter))
            elif matter is Matter.PLACES:
                counts.append(counted(matter, ("" for _ in self._boxes())))
            elif matter is Matter.AGREEMENTS:
                counts.append(counted(matter, ("" for _ in self._unbound())))
            else:
                counts.append(counted(matter, (departments[one.case] for found, one in waiting if found is matter)))
        self._note(person, "supervision.exported" if taken else "supervision.read", "all")
        return Overview(tuple(counts), not self._fresh() or any(one.total is None for one in counts))

    def lines(self, person: Person, matter: Matter, department: str = "", after: str = "") -> Page:
        """A part of a matter's list, the oldest first. Raises Invalid where `after` is no place in it."""
        self._gate.require(person, Action.LIST_UNDONE)
        self._note(person, "supervision.read", matter)
        return self._page(matter, department, after)

    def export(self, person: Person, matter: Matter, department: str = "") -> list[Line]:
        """A whole list, for a sheet. Raises Invalid where it is too long, Unavailable while searching is degraded."""
        self._gate.require(person, Action.LIST_UNDONE)
        page = self._page(matter, department, "")
        if page.total is None:
            raise Unavailable("检索暂时降级，无法导出：请稍后再试")
        if page.total > MOST_EXPORTED:
            fault = "清单超过 %(most)s 行：请按部门缩小范围后再导出"
            raise Invalid(fields=[FieldError("department", fault, {"most": MOST_EXPORTED})])
        found = list(page.lines)
        while page.next:
            page = self._page(matter, department, page.next)
            found += page.lines
        self._note(person, "supervision.exported", matter)
        return found

    def _note(self, person: Person, action: str, matter: str) -> None:
        self._audit.record(person, action, subject=account_chain(person.account), ids={"matter": matter})

    def _page(self, matter: Matter, department: str, after: str) -> Page:
        if matter in SEARCHED:
            return self._page_of_index(matter, department, after)
        if after and not after.isdecimal():
            raise Invalid(fields=[FieldError("next", "翻页位置不正确：请从第一页开始")])
        match matter:
            case Matter.PLACES:
                found = self._lines_of_boxes()
            case Matter.AGREEMENTS:
                found = list(self._unbound())
            case _:
                found = self._lines_of_cases(matter)
        found = [one for one in found if not department or one.department == department]
        start = int(after[:9] or 0)
        following = str(start + PAGE) if start + PAGE < len(found) else ""
        return Page(tuple(found[start : start + PAGE]), len(found), following, degraded=False)

    def _waiting(self) -> Iterator[tuple[Matter, Waiting]]:
        """What waits for the archives office and should not, each case once."""
        today, seen = self._clock.today(), set()
        for key in QUEUES:
            for one in self._waits.of(key):
                matter = matter_of(one, today)
                if matter is not None and one.case not in seen:
                    seen.add(one.case)
                    yield matter, one

    def _lines_of_cases(self, matter: Matter) -> list[Line]:
        waiting = [one for found, one in self._waiting() if found is matter]
        waiting.sort(key=lambda one: (one.due or one.at.date(), one.at))
        names = self._names(waiting) if matter in OF_CARE else self._people(waiting)
        departments = {} if matter in OF_CARE else self._departments(waiting)
        return [
            Line(
                matter, one.case, names.get(one.case, ""), one.files[:_SHOWN], departments.get(one.case, ""),
                day=one.due,
            )
            for one in waiting
        ]  # fmt: skip

    def _names(self, waiting: Sequence[Waiting]) -> dict[str, str]:
        """What the duties of care are about."""
        names: dict[str, str] = {}
        for start in range(0, len(waiting), PAGE):
            kept = self._duties.cases.many([one.case for one in waiting[start : start + PAGE]])
            names |= {case: one.content.name for case, one in kept.items() if one.content}
        return names

    def _people(self, waiting: Sequence[Waiting]) -> dict[str, str]:
        """Who asked, by case."""
        known: dict[str, str] = {}
        accounts = sorted({one.requester for one in waiting})
        for start in range(0, len(accounts), PAGE):
            known |= self._accounts.names(accounts[start : start + PAGE])
        return {one.case: known.get(one.requester, one.requester) for one in waiting}

    def _departments(self, waiting: Sequence[Waiting]) -> dict[str, str]:
        """Of what department each case is; of those that came to wait before it was noted, whoever asked."""
        found: dict[str, str] = {}
        accounts = sorted({one.requester for one in waiting if one.department is None})
        for start in range(0, len(accounts), PAGE):
            known = self._accounts.many(accounts[start : start + PAGE])
            found |= {name: one.department or "" for name, one in known.items()}
        return {one.case: found.get(one.requester, "") if one.department is None else one.department for one in waiting}

    def _boxes(self) -> Iterator[Place]:
        now, days = self._clock.now(), int(self._settings.value("stocktake_days"))
        return (place for place in self._places.boxes() if uncounted(place, now, days))

    def _lines_of_boxes(self) -> list[Line]:
        return [
            Line(
                Matter.PLACES, one.code, one.name,
                day=one.checked_at.astimezone(self._clock.zone).date() if one.checked_at else None,
            )
            for one in self._boxes()
        ]  # fmt: skip

    def _unbound(self) -> Iterator[Line]:
        """Who keeps the archives and is bound to no secrecy today."""
        bound, today = {one.account: one for one in self._room.keepers()}, self._clock.today()
        for account in self._accounts.holding((Role.ARCHIVIST, Role.ARCHIVES_HEAD)):
            keeper = bound.get(account.account)
            if account.active and not (keeper and keeper.bound(today)):
                yield Line(Matter.AGREEMENTS, account.account, account.name, day=keeper.expires if keeper else None)

    def _searched(self, matter: Matter) -> Count:
        try:
            found = self._reader.search(self._query(matter, size=1, facets=("department",)))
        except EngineDown:
            return Count(matter, None)
        return Count(matter, found.total, dict(found.facets["department"]))

    def _page_of_index(self, matter: Matter, department: str, after: str) -> Page:
        try:
            found = self._reader.search(self._query(matter, department, after))
            lines = self._incomplete(found) if matter is Matter.MISSING else self._judged(matter, found)
        except EngineDown:
            return Page((), None, "", degraded=True)
        return Page(tuple(lines), found.total, found.next, not self._fresh())

    def _query(
        self, matter: Matter, department: str = "", after: str = "", size: int = PAGE, facets: tuple[str, ...] = ()
    ) -> Query:
        if after and not set(after) <= set("0123456789abcdef"):
            raise Invalid(fields=[FieldError("next", "翻页位置不正确：请从第一页开始")])
        filters: dict[str, tuple[str, ...]] = {"department": (department,)} if department else {}
        if matter is Matter.MISSING:
            filters["missing"] = tuple(item.key for item in self._catalogue.checklist())
            return Query(Found.FILES, _ALL, (), filters, sort="file_no", after=after, size=size, facets=facets)
        filters |= {"state": ("filed",), "verdict": _VERDICTS[matter]}
        return Query(Found.RECORDS, _ALL, (), filters, sort="file_no", after=after, size=size, facets=facets)

    def _incomplete(self, found: Result) -> Iterator[Line]:
        """Files with what of the checklist each is without: one more search of the page for each line of it."""
        numbers = tuple(one.file_no for one in found.hits)
        without: dict[str, list[Expected]] = {number: [] for number in numbers}
        for item in self._catalogue.checklist() if numbers else ():
            asked = Query(Found.FILES, _ALL, (), {"missing": (item.key,), "file_no": numbers}, size=PAGE)
            for hit in self._reader.search(asked).hits:
                without[hit.file_no].append(item)
        files = self._files.many(list(numbers))
        for number in numbers:
            if number in files:
                file = files[number]
                yield Line(Matter.MISSING, number, file.name, (number,), file.department, tuple(without[number]))

    def _judged(self, matter: Matter, found: Result) -> Iterator[Line]:
        files = self._files.many(list({one.file_no for one in found.hits}))
        kinds = self._records.kinds({one.record_id for one in found.hits})
        for hit in found.hits:
            if hit.file_no in files and hit.record_id in kinds:
                file, sub = files[hit.file_no], self._catalogue.subcategory(*kinds[hit.record_id])
                yield Line(matter, hit.record_id, file.name, (hit.file_no,), file.department, (sub,))


def matter_of(waiting: Waiting, today: date) -> Matter | None:
    """What is undone about a case that waits; None where nothing is."""
    late = waiting.due is not None and waiting.due < today
    match waiting.kind:
        case kind if kind == SUPPLEMENTS and waiting.key == watched(SUPPLEMENTS):
            return Matter.RETURNED
        case kind if kind == SUPPLEMENTS and late:
            return Matter.SUPPLEMENTS
        case kind if kind == LOANS and late:
            return Matter.LOANS
        case kind if kind == DUTIES:
            return _DUTIES.get(DutyState(waiting.state))
    return None
