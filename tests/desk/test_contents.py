"""What a file's page says: sections, what is missing, and the trail in plain words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from service.audit.event import Event
from service.catalogue.model import Catalogue
from service.desk import acts, contents
from service.records.rules import Record, State

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
    missing = {sub.code for section in shown for sub in section.missing}
    assert "education" in missing
    assert not {"identity", "contract"} & missing
    whole = contents.completeness(CATALOGUE, shown)
    assert whole.there == whole.expected - len(missing)
    assert whole.share < 100


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
