"""Asking for a loan, deciding it, handing over and taking back. Permission, rules, one transaction with its event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any

from service.access.gate import Gate
from service.access.pledges import Pledges
from service.access.policy import Action
from service.access.relations import ARCHIVES
from service.access.repository import Accounts
from service.casework.operations import Casework, Kind
from service.casework.repository import Kept
from service.catalogue.repository import PolicySettings
from service.circulation.lending.checking import Archived, read_check, read_found
from service.circulation.lending.counting import Counting
from service.circulation.lending.naming import Naming
from service.circulation.lending.repository import MOST, Originals, Out
from service.circulation.lending.rules import (
    AT_DESK,
    BEFORE,
    BEFORE_DUE,
    FREE,
    LOST,
    OUT,
    QUEUED,
    WORKFLOW,
    Event,
    Held,
    Loan,
    State,
    Unsigned,
    action_for,
    first_state,
    read,
    read_extension,
)
from service.circulation.lending.turns import Turns
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.files.repository import Files
from service.files.rules import File
from service.person import Person
from service.store.connection import Transaction
from service.workflow import Case, Party

MOST_AT_DESK = 300
NO_PAPER = {
    Unsigned.PLEDGE: "借阅人还没有签署保密承诺书：请借阅人先登录签署，再办理借出",
    Unsigned.AGREEMENT: "借阅人的保密协议没有登记或已经到期：请档案室负责人登记后再办理借出",
    Unsigned.SLIP: "保密承诺：请经办人在借阅单上签字，签好后勾选",
}
_PARTIES = frozenset(
    {Party.REQUESTER, Party.HEAD, Party.ARCHIVIST, Party.ARCHIVES_HEAD, Party.LEADERSHIP}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lending:
    """A loan as one person sees it: the steps that are theirs to take, and the files that they may know of."""

    case: Case
    loan: Loan | None
    open: tuple[Event, ...]
    files: Mapping[str, File]
    names: Mapping[str, str]
    overdue: bool
    unsigned: Unsigned | None = None
    """What the borrower has to sign before they get any paper."""
    letter: bool = False
    """The organisation's letter is there to be read (L1)."""
    held: Held | None = None
    """Why it is not handed over now, once it is approved."""
    archived: Archived | None = None
    """What its return is held against, while it is checked."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What is ready to be handed over, what is approved and held back, and what is out or being checked."""

    ready: Sequence[Kept[Loan]]
    held: Sequence[tuple[Kept[Loan], Held]]
    out: Sequence[Kept[Loan]]


class LendingOperations:
    """Loans of paper originals. Every method asks the gate first."""

    def __init__(
        self, casework: Casework, kind: Kind[Loan, State, Event], originals: Originals, turns: Turns, naming: Naming,
        counting: Counting, files: Files, accounts: Accounts, gate: Gate, clock: Clock, settings: PolicySettings,
        pledges: Pledges, bound: Callable[[str], bool],
    ) -> None:  # fmt: skip
        """`bound` says whether an archivist's agreement holds; care of the room lives a line above."""
        self._casework, self.kind, self._originals, self._turns = casework, kind, originals, turns
        self._naming, self._counting, self._files = naming, counting, files
        self._accounts, self._pledges, self._bound = accounts, pledges, bound
        self._gate, self._clock, self._settings = gate, clock, settings

    def may_ask(self, person: Person) -> bool:
        return self._gate.decide(person, Action.ASK_LOAN).allowed

    def may_handle(self, person: Person) -> bool:
        return self._gate.decide(person, Action.HANDLE_LOAN).allowed

    def for_ask(self, person: Person) -> None:
        """Raises Forbidden to those who may not ask."""
        self._gate.require(person, Action.ASK_LOAN)

    def ask(self, person: Person, given: Mapping[str, Any]) -> Lending:
        """A new loan. Raises Invalid; whether the numbers that it names exist is not told.

        Outside organisations are entered by whoever deals with them for the archives office (L1).
        """
        self._gate.require(person, Action.ASK_LOAN)
        asked = read(given, self._clock.today(), self._days())
        if asked.organisation:
            self._gate.require(person, Action.HANDLE_LOAN)
        loan = replace(asked, originals=self._naming.originals(asked.named))
        files = loan.file_nos()
        state = first_state(person, loan.organisation)
        return self._shown(
            person, self._casework.begin(person, self.kind, state, loan, action=Action.ASK_LOAN, files=files)
        )

    def get(self, person: Person, loan_id: str) -> Lending:
        """A loan, to those who have a hand in it. Raises NotFound to all others."""
        return self._shown(person, self._known(person, loan_id))

    def slip(self, person: Person, loan_id: str) -> tuple[Lending, str]:
        """A loan as it is printed, and the pledge that an organisation's bearer signs on it. Raises NotFound."""
        one = self.get(person, loan_id)
        outside = one.loan is not None and one.loan.organisation
        return one, self._pledges.text(self._pledges.version()).text if outside else ""

    def mine(self, person: Person, below: int | None = None) -> tuple[list[Kept[Loan]], int | None]:
        """What the person asked for, newest first, and where to go on."""
        self._gate.require(person, Action.ASK_LOAN)
        found, start = self.kind.cases.of_requester(person.account, below)
        return found, start if start > 1 else None

    def out(self, person: Person, file_no: str) -> list[Out]:
        """What of a file is out, to those who keep its place."""
        self._gate.require(person, Action.READ_PLACES)
        return self._originals.out(file_no)

    def at_desk(self, person: Person, code: str) -> tuple[str, ...]:
        """The loans that a scanned slip or label is about: who has any of it, else who stands first in line for it.

        Raises NotFound where there is none.
        """
        self._gate.require(person, Action.HANDLE_LOAN)
        try:
            return (self.kind.cases.get(code).case.id,)
        except NotFound:
            found = self._originals.loans_of(self._naming.originals((code,)))
        if not found:
            raise NotFound("没有与这个编号有关的借阅：请核对标签或借阅单")
        return found

    def picked(self, person: Person, ids: Sequence[str]) -> list[Kept[Loan]]:
        """The loans that a box's label is about, where that is more than one."""
        self._gate.require(person, Action.HANDLE_LOAN)
        return self._cases(ids)

    def desk(self, person: Person) -> Desk:
        """What changes hands here: at most `MOST_AT_DESK` loans."""
        self._gate.require(person, Action.HANDLE_LOAN)
        waiting = (
            one
            for party in (Party.ARCHIVIST, Party.ARCHIVES_HEAD)  # an extension waits for the head
            for one in self._casework.waiting_for(party, self.kind)
            if one.state in AT_DESK
        )
        ids = list(dict.fromkeys(one.case for one in islice(waiting, MOST_AT_DESK)))
        kept = self._cases(ids)
        approved = [one for one in kept if one.case.state == State.APPROVED]
        held = {one.case.id: self._turns.held(one.case.id, one.content) for one in approved if one.content}
        out = [one for one in kept if one.case.state != State.APPROVED]
        return Desk(
            [one for one in approved if held.get(one.case.id) is None],
            [(one, why) for one in approved if (why := held.get(one.case.id)) is not None],
            sorted(out, key=lambda one: one.case.due or date.max),
        )

    def _cases(self, ids: Sequence[str]) -> list[Kept[Loan]]:
        found: dict[str, Kept[Loan]] = {}
        for start in range(0, len(ids), 100):
            found |= self.kind.cases.many(list(ids[start : start + 100]))
        return [found[id_] for id_ in ids if id_ in found]

    def take(
        self, person: Person, loan_id: str, event: Event, version: int | None, given: Mapping[str, Any]
    ) -> Lending:  # fmt: skip
        """Take a step. Raises NotFound, Forbidden, Invalid, or Conflict where it is not to be taken or lost a race."""
        kept = self._known(person, loan_id)
        action = action_for(State(kept.case.state), event)
        theirs = event in WORKFLOW.open_to(kept.case, self._casework.hand(person, kept.case, action))
        loan = kept.content
        if theirs and loan is not None:
            loan = self._content(person, kept.case, loan, event, given)
        taken = self._casework.take(
            person, self.kind, kept, kept.case.version if version is None else version, event, action=action,
            note=str(given.get("note") or ""), facts=self._facts(kept), content=loan, due=_due(event, kept, loan),
            also=self._also(event, loan, kept.case), news=self._news(event, loan, loan_id),
        )  # fmt: skip
        return self._shown(person, taken)

    def _content(self, person: Person, case: Case, loan: Loan, event: Event, given: Mapping[str, Any]) -> Loan:
        """What the loan says after the step. Raises Invalid, or Conflict where it cannot be taken."""
        not_theirs = event is Event.WITHDRAW and person.account != case.requester
        because = event in (Event.REFUSE, Event.REFUSE_EXTENSION) or not_theirs
        if because and not str(given.get("note") or "").strip():
            raise Invalid(fields=[FieldError("note", "理由：必须填写，申请人会看到")])
        match event:
            case Event.APPROVE:
                if not loan.originals:
                    raise Invalid(fields=[FieldError("items", "没有这些原件：请核对编号，或退回申请")])
                if len(loan.originals) > MOST:
                    many = "借阅内容超过 %(most)s 件原件：请退回，由申请人分开申请"
                    raise Invalid(fields=[FieldError("items", many, {"most": MOST})])
                if loan.organisation and not self._originals.has_letter(case.id):
                    raise Conflict("还没有外单位的书面申请：请档案管理员先上传申请函")
            case Event.HAND_OVER:
                self._require_day(loan)
                signed = replace(loan, signed=bool(loan.organisation) and given.get("signed") in ("yes", True))
                if (lacks := self._unsigned(case.requester, signed)) is Unsigned.SLIP:
                    raise Invalid(fields=[FieldError("signed", NO_PAPER[lacks])])
                if lacks is not None:
                    raise Conflict(NO_PAPER[lacks])
                return signed
            case Event.EXTEND:
                most = int(self._settings.value("loan_extensions"))
                if loan.extensions >= most:
                    raise Conflict("已经续借 %(most)s 次，不能再续借：请按期归还", most=most)
                return replace(loan, wanted=read_extension(given, loan, self._days()))
            case Event.GRANT_EXTENSION:
                return replace(loan, until=loan.wanted or loan.until, wanted=None, extensions=loan.extensions + 1)
            case Event.CLOSE:
                ids = [one.id for one in loan.originals]
                return replace(loan, check=read_check(given, ids, self._counting.archived(case.id, loan)))
            case Event.FOUND if loan.lost():
                return replace(loan, found=(*loan.found, *read_found(given, loan.lost())))
        return replace(loan, wanted=None) if event is Event.REFUSE_EXTENSION else loan

    def _require_day(self, loan: Loan) -> None:
        if loan.start > self._clock.today():
            raise Conflict("借出日期是 %(day)s：到那天再办理借出", day=loan.start.isoformat())
        if loan.until < self._clock.today():
            raise Conflict("归还日期 %(day)s 已过：请撤回，由借阅人重新申请", day=loan.until.isoformat())

    def _unsigned(self, requester: str, loan: Loan) -> Unsigned | None:
        """No signature, no paper (K3): archivists have an agreement of their own, an organisation's bearer signs the
        slip, everybody else the pledge in force."""
        if loan.organisation:
            return None if loan.signed else Unsigned.SLIP
        account = self._accounts.get(requester)
        if account is not None and account.role in ARCHIVES:
            return None if self._bound(requester) else Unsigned.AGREEMENT
        signed = self._pledges.signed(requester, self._pledges.version())
        return Unsigned.PLEDGE if signed is None else None

    def _facts(self, kept: Kept[Loan]) -> frozenset[str]:
        """What the guards of the table ask for."""
        facts = set()
        loan = kept.content
        if loan is not None and self._clock.today() < loan.until:
            facts.add(BEFORE_DUE.fact)
        if loan is not None and self._originals.is_free(loan.originals, kept.case.id):
            facts.add(FREE.fact)
        if loan is not None and loan.lost():
            facts.add(LOST.fact)
        return frozenset(facts)

    def _also(self, event: Event, loan: Loan | None, case: Case) -> Callable[[Transaction, Kept[Loan]], None] | None:
        """What else a step changes, in its transaction: what is out, and who stands in line."""
        if loan is None:
            return None
        places = self._originals.numbers(loan.originals) if event is Event.APPROVE else {}
        frees = event in (Event.CLOSE, Event.FOUND) or (event is Event.WITHDRAW and case.state == State.APPROVED)
        turns = self._turns.after(case.id, loan) if frees else {}
        now = self._clock.now()

        def also(tx: Transaction, _kept: Kept[Loan]) -> None:
            match event:
                case Event.APPROVE:
                    self._originals.wait(tx, case.id, case.requester, loan.originals, places, now)
                case Event.WITHDRAW:
                    self._originals.leave(tx, case.id)
                case Event.HAND_OVER:
                    self._originals.hand_over(tx, loan.originals, case.id, case.requester, loan.until)
                case Event.GRANT_EXTENSION:
                    self._originals.extend(tx, case.id, loan.until)
                case Event.CLOSE | Event.FOUND:
                    self._originals.take_back(tx, case.id, loan.originals, loan.lost())
            self._turns.tell(tx, turns)

        return also

    def _news(self, event: Event, loan: Loan | None, case_id: str) -> Callable[[Transaction], str] | None:
        """What a borrower is told of an approval: to come, or that others come first."""
        if event is not Event.APPROVE or loan is None:
            return None
        return lambda tx: event if self._originals.is_free(loan.originals, case_id, tx) else QUEUED

    def _known(self, person: Person, loan_id: str) -> Kept[Loan]:
        kept = self.kind.cases.get(loan_id)
        if self._gate.decide(person, Action.READ_LOANS).allowed:
            return kept
        hands = _PARTIES if kept.content and kept.content.organisation else _PARTIES - {Party.LEADERSHIP}
        if self._casework.parties(person, kept.case).isdisjoint(hands):
            raise NotFound
        return kept

    def _shown(self, person: Person, kept: Kept[Loan]) -> Lending:
        steps = self._casework.steps(person, self.kind, kept.case, action_for)
        files = {
            number: file
            for number, file in self._files.many(list(kept.case.files)).items()
            if self._gate.decide(person, Action.READ_FILE, file.subject()).allowed
        }
        accounts = sorted({kept.case.requester, *(move.by for move in kept.case.history)})
        names = {name: account.name for name in accounts if (account := self._accounts.get(name))}
        late = kept.case.state in OUT and kept.case.due is not None and kept.case.due < self._clock.today()
        before = kept.content is not None and kept.case.state in BEFORE
        unsigned = self._unsigned(kept.case.requester, kept.content) if kept.content and before else None
        outside = kept.content is not None and bool(kept.content.organisation)
        letter = outside and self._originals.has_letter(kept.case.id)
        approved = kept.content is not None and kept.case.state == State.APPROVED
        why = self._turns.held(kept.case.id, kept.content) if kept.content and approved else None
        checking = kept.content is not None and Event.CLOSE in steps
        archived = self._counting.archived(kept.case.id, kept.content) if kept.content and checking else None
        return Lending(kept.case, kept.content, steps, files, names, late, unsigned, letter, why, archived)

    def _days(self) -> int:
        return int(self._settings.value("longest_loan_days"))


def _due(event: Event, kept: Kept[Loan], loan: Loan | None) -> date | None:
    """Until when the step after this one is due: a loan until its day, and what is back at once."""
    if loan is None or event in (Event.WITHDRAW, Event.REFUSE, Event.CLOSE):
        return None
    after = WORKFLOW.steps.get((State(kept.case.state), event))
    return loan.until if after is not None and after.after in OUT else None
