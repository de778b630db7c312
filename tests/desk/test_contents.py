"""What a file's page says: sections, what is missing, and the trail in plain words."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from service.audit.event import Event
from service.catalogue.model import Catalogue
from service.desk import acts, contents
from service.records.rules import Record, State, Verdict, Verification
from service.scans.rules import Held
from service.scans.rules import State as ScanState

CATALOGUE = Catalogue.load()
SHANGHAI = ZoneInfo("Asia/Shanghai")


def record(category: str, subcategory: str, state: State = State.FILED) -> Record:
    made = datetime(2026, 3, 2, tzinfo=UTC)
    return Record(f"{category}-{subcategory}", "KF-1", 1, category, subcategory, "", {}, state, "hr", made)


def event(seq: int, hour: int, account: str, action: str, about: str = "") -> Event:
    ids = {"file": "KF-1", **({"record": about} if about else {})}
    return Event("file:KF-1", seq, datetime(2026, 3, 2, hour, tzinfo=UTC), account, "hr", "", action, ids)


def test_a_gap_is_closed_by_what_is_filed_or_waits() -> None:
    """A submitted record is no gap any more, one that was sent back is."""
    found = [record("basic", "identity"), record("basic", "education", State.RETURNED)]
    found += [record("onboarding", "contract", State.SUBMITTED)]
    shown = contents.sections(CATALOGUE, found, {})
    missing = {gap.item.key for section in shown for gap in section.gaps}
    assert "basic.education" in missing
    assert not {"basic.identity", "onboarding.contract"} & missing
    whole = contents.checklist(CATALOGUE, shown)
    assert whole.there == len(whole.checks) - len(missing)
    assert whole.share < 100


def test_the_checklist_asks_for_records_and_for_their_paper() -> None:
    """B1: basic information, the ID card's copy, the diploma, the contract; without a scan there is no paper."""
    asked = {item.key for item in CATALOGUE.checklist()}
    assert asked == {
        "basic.identity", "basic.identity.paper", "basic.education", "basic.education.paper", "onboarding.hire",
        "onboarding.contract",
    }  # fmt: skip
    identity, school = record("basic", "identity"), record("basic", "education")
    scanned = {school.id: Held(1, ScanState.STORED)}
    whole = contents.checklist(CATALOGUE, contents.sections(CATALOGUE, [identity, school], scanned))
    gaps = {one.item.key: one.gap.record for one in whole.checks if one.gap}
    assert gaps == {"basic.identity.paper": identity.id, "onboarding.hire": "", "onboarding.contract": ""}
    assert whole.next is not None
    assert (whole.next.item.key, whole.next.record) == ("basic.identity.paper", identity.id)


@pytest.mark.parametrize(("verdict", "there"), [(Verdict.VERIFIED, 1), (Verdict.DOUBTFUL, 1), (Verdict.FALSE, 0)])
def test_what_was_found_false_is_not_there(verdict: Verdict, there: int) -> None:
    """B2: a false document leaves its gap open; a doubtful one does not, it is still to be found out."""
    contract = record("onboarding", "contract")
    judged = replace(contract, verification=Verification(verdict, "archivist", contract.made_at))
    assert contents.checklist(CATALOGUE, contents.sections(CATALOGUE, [judged], {})).there == there


def test_what_is_done_in_a_row_is_told_once() -> None:
    """The same act by the same person in a row is one line with what it was about, and days are the office's."""
    kinds = {"a": "身份信息", "b": "劳动合同"}
    events = [
        event(5, 20, "hr", "file.changed"),
        event(4, 9, "hr", "record.added", "a"),
        event(3, 9, "hr", "record.added", "b"),
        event(2, 9, "hr", "record.added", "b"),
        event(1, 8, "clerk", "record.added", "unknown"),
    ]
    days = acts.days(events, kinds, SHANGHAI)
    assert [str(day) for day, _ in days] == ["2026-03-03", "2026-03-02"]
    first, second = days[1][1]
    assert (first.account, first.times, first.about) == ("hr", 3, ("劳动合同", "身份信息"))
    assert (second.act, second.about) == ("录入材料", ())
