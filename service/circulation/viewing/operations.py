"""Asking to view, signing, granting, refusing, withdrawing and revoking (V2). Permission, rules, one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from service.access.gate import Gate
from service.access.passes import MOST, Passes
from service.access.policy import Action
from service.access.repository import Accounts
from service.casework.operations import Casework, Kind
from service.casework.repository import Kept
from service.catalogue.model import Catalogue
from service.catalogue.repository import PolicySettings
from service.circulation.viewing.rules import (
    WORKFLOW,
    Asked,
    Event,
    State,
    action_for,
    first_state,
    narrowed,
    pass_of,
    read,
)
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.files.repository import Files
from service.files.rules import File
from service.person import Person
from service.store.connection import Transaction
from service.workflow import Case, Party

_PARTIES = frozenset({Party.REQUESTER, Party.HEAD, Party.ARCHIVIST, Party.ARCHIVES_HEAD})


@dataclass(frozen=True, slots=True)
class Request:
    """A request as one person sees it: the steps that are theirs to take, and of its files those they may know of."""

    case: Case
    asked: Asked | None
    open: tuple[Event, ...]
    files: Mapping[str, File]
    names: Mapping[str, str]


class ViewingOperations:
    """Requests to view. Every method asks the gate first."""

    def __init__(
        self, casework: Casework, kind: Kind[Asked, State, Event], files: Files, accounts: Accounts,
        passes: Passes, gate: Gate, clock: Clock, catalogue: Catalogue, settings: PolicySettings,
    ) -> None:  # fmt: skip
        self._casework, self.kind, self._files, self._accounts = casework, kind, files, accounts
        self._passes, self._gate, self._clock = passes, gate, clock
        self._catalogue, self._settings = catalogue, settings

    def ask(self, person: Person, given: Mapping[str, Any]) -> Request:
        """A new request. Raises Invalid; whether the files that it names exist is not told."""
        self._gate.require(person, Action.ASK_VIEWING)
        asked = self._read({**given, "places": ()})
        there = self._files.many(list(asked.named))
        files = [number for number in asked.named if number in there]
        kept = self._casework.begin(
            person, self.kind, first_state(person), asked, action=Action.ASK_VIEWING, files=files
        )
        return self._shown(person, kept)

    def for_ask(self, person: Person) -> None:
        """Raises Forbidden to those who may not ask."""
        self._gate.require(person, Action.ASK_VIEWING)

    def may_ask(self, person: Person) -> bool:
        return self._gate.decide(person, Action.ASK_VIEWING).allowed

    def get(self, person: Person, request_id: str) -> Request:
        """A request, to those who have a hand in it. Raises NotFound to all others."""
        return self._shown(person, self._known(person, request_id))

    def begins(self, person: Person, request_id: str) -> bool:
        """Whether the request is a pass of the person's that opens now and from where they are."""
        now = self._clock.now()
        return any(one.id == request_id and one.opens(now, person.origin) for one in self._passes.of(person.account))

    def for_grant(self, person: Person, request_id: str) -> Request:
        """A request, to whoever can grant it now, to pick what of it. Raises NotFound, Forbidden or Conflict."""
        one = self._shown(person, self._known(person, request_id))
        if Event.GRANT not in one.open:
            self._gate.require(person, Action.GRANT_VIEWING)
            raise Conflict("当前状态不能办理这一步，请刷新后查看")
        return one

    def mine(self, person: Person, below: int | None = None) -> tuple[list[Kept[Asked]], int | None]:
        """What the person asked for, newest first, and where to go on."""
        self._gate.require(person, Action.ASK_VIEWING)
        found, start = self.kind.cases.of_requester(person.account, below)
        return found, start if start > 1 else None

    def all(self, person: Person, below: int | None = None) -> tuple[list[Kept[Asked]], int | None]:
        """Every request, newest first, for the archives office."""
        self._gate.require(person, Action.GRANT_VIEWING)
        found, start = self.kind.cases.window(below)
        return found, start if start > 1 else None

    def take(
        self, person: Person, request_id: str, event: Event, version: int | None, given: Mapping[str, Any]
    ) -> Request:  # fmt: skip
        """Take a step. A grant may narrow what was asked for; a refusal and a revocation say why.

        Raises NotFound, Forbidden, Invalid, or Conflict where the step is not to be taken or someone was faster.
        """
        kept = self._known(person, request_id)
        action = action_for(State(kept.case.state), event)
        hand = self._casework.hand(person, kept.case, action)
        theirs = event in WORKFLOW.open_to(kept.case, hand)
        content = self._content(kept, event, given) if theirs else kept.content
        note = str(given.get("note") or "")
        taken = self._casework.take(
            person, self.kind, kept, kept.case.version if version is None else version, event,
            action=action, note=note, content=content, also=partial(self._pass, event),
        )  # fmt: skip
        return self._shown(person, taken)

    def _pass(self, event: Event, tx: Transaction, taken: Kept[Asked]) -> None:
        """A grant gives the requester a pass, which ends at once when it is given back or revoked."""
        if event is Event.GRANT and taken.content is not None:
            self._passes.give(tx, pass_of(taken.case, taken.content))
        elif event in (Event.WITHDRAW, Event.REVOKE):
            self._passes.end(tx, taken.case.id, self._clock.now())

    def _content(self, kept: Kept[Asked], event: Event, given: Mapping[str, Any]) -> Asked | None:
        """What the request says after the step. Raises Invalid."""
        if event in (Event.REFUSE, Event.REVOKE) and not str(given.get("note") or "").strip():
            raise Invalid(fields=[FieldError("note", "理由：必须填写，申请人会看到")])
        if event is not Event.GRANT:
            return kept.content
        if kept.content is None or not kept.case.files:
            raise Invalid(fields=[FieldError("files", "没有这些档案：请核对编号，或退回申请")])
        if len(self._passes.of(kept.case.requester)) >= MOST:
            raise Invalid(
                fields=[FieldError("files", "申请人的通行证已达 %(most)s 张：请先收回不用的", {"most": MOST})]
            )
        offered = {"places": str(self._settings.value("viewing_places")), **given}
        allowed = {name: value for name, value in offered.items() if name not in ("files", "file_no", "reason")}
        wider = {name: getattr(kept.content, name) for name in ("records", "pages") if not allowed.get(name)}
        granted = self._read({**kept.content.given(), **allowed, **wider})
        return narrowed(kept.content, granted, self._clock.now())

    def _read(self, given: Mapping[str, Any]) -> Asked:
        most = int(self._settings.value("longest_viewing_days"))
        categories = [one.code for one in self._catalogue.categories]
        return read(given, categories, self._clock.now(), self._clock.zone, most)

    def _known(self, person: Person, request_id: str) -> Kept[Asked]:
        kept = self.kind.cases.get(request_id)
        if self._casework.parties(person, kept.case).isdisjoint(_PARTIES):
            raise NotFound
        return kept

    def _shown(self, person: Person, kept: Kept[Asked]) -> Request:
        steps = self._casework.steps(person, self.kind, kept.case, action_for)
        files = self._files.many(list(kept.case.files))
        known = {
            number: file
            for number, file in files.items()
            if self._gate.decide(person, Action.READ_FILE, file.subject()).allowed
        }
        accounts = {kept.case.requester, *(move.by for move in kept.case.history)}
        names = {name: account.name for name in sorted(accounts) if (account := self._accounts.get(name))}
        return Request(kept.case, kept.content, steps, known, names)
