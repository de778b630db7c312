"""What is left undone is counted for each department, and each number leads to its list (M1)."""

import io
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from indexer.follow import Follower
from service.app import create_app
from service.audit.trail import account_chain
from service.bootstrap import Archive, build
from service.care.rules import Event as Care
from service.circulation.lending.rules import Event as Lend
from service.clock import SetClock
from service.errors import Forbidden, Invalid, NotFound, Unavailable
from service.intake.submissions.rules import Event as Hand
from service.intake.submissions.rules import spread
from service.person import SYSTEM, Role
from service.places.rules import Kind
from service.supervision.rules import Line, Matter
from tests.cast import CAST, PASSWORD
from tests.house.test_routes import log_in
from tests.scans.conftest import plate

CHIEF, HR, ARCHIVIST = CAST["archives"], CAST["hr"], CAST["archivist"]
WHOLE = {
    ("basic", "identity"): {"name": "林晓"},
    ("basic", "education"): {"level": "college", "school": "江城学院"},
    ("onboarding", "hire"): {"hire_date": "2021-03-01", "department": "北方客服部", "post": "客服"},
    ("onboarding", "contract"): {"number": "HT-1", "start": "2021-03-01"},
}


@pytest.fixture
def behind(archive: Archive, set_clock: SetClock) -> Archive:
    """Two departments, each behind with something, and a room that nobody has looked after for a year and a month."""
    made = build(archive.settings, archive.store, set_clock)
    for one in CAST.values():
        made.accounts.create(SYSTEM, one.account, one.name, one.role, PASSWORD, one.department, one.file_no)
    given = {"name": "林晓", "department": "north", "post": "客服", "hire_date": "2021-03-01"}
    whole = made.opening.open(HR, given)
    for (category, sub), fields in WHOLE.items():
        record = made.records.add(HR, whole.file_no, category, sub, fields)
        if category == "basic":
            made.scans.upload(HR, record.id, io.BytesIO(plate(sub)), "a.png")
        if sub != "contract":
            made.records.verify(ARCHIVIST, record.id, record.version, "verified", "")
    empty = made.opening.open(HR, {**given, "name": "何雨", "department": "south"})
    room = made.places.add(ARCHIVIST, Kind.ROOM, "", {"name": "一号库房"})
    for name in ("合同一", "合同二", "空盒"):
        box = made.places.add(ARCHIVIST, Kind.BOX, room.code, {"name": name})
        if name != "空盒":
            made.places.put(ARCHIVIST, (whole if name == "合同一" else empty).file_no, box.code)
    today = set_clock.today()
    for name in ("灭火器", "除湿机"):
        made.care.add_facility(CHIEF, {"kind": "fire", "name": name, "every_days": "30"})
    borrowed = {"items": whole.file_no, "reason": "核对合同", "until": (today + timedelta(days=7)).isoformat()}
    loan = made.lending.ask(CAST["clerk"], borrowed).case.id
    made.pledging.sign(CAST["clerk"], 1)
    for who, event in (("head", Lend.SIGN), ("archives", Lend.APPROVE), ("archivist", Lend.HAND_OVER)):
        made.lending.take(CAST[who], loan, event, None, {})
    hand_in(made, whole.file_no)
    set_clock.advance(timedelta(days=396))
    made.care.add_keeper(CHIEF, "archivist")
    made.care.remind()
    fault = next(one for one in made.care.inspections(CHIEF)[0] if one.content.name == "灭火器")
    made.care.take(ARCHIVIST, fault.case.id, Care.FAULT, None, {"note": "压力不足"})
    box = next(one for one in made.places.inside(ARCHIVIST, room.code).places if one.name == "合同一")
    made.stocktaking.close(ARCHIVIST, made.stocktaking.begin(ARCHIVIST, box.code).id)
    Follower(made).rebuild()
    return made


def hand_in(archive: Archive, file_no: str) -> None:
    """A promotion that is handed in with its scan, and lies there."""
    fields = {"date": "2026-02-06", "to_post": "组长"}
    made = archive.supplements.create(CAST["clerk"], spread("career", "promotion", fields, [{"file_no": file_no}]))
    archive.scans.upload(CAST["clerk"], made.records[0].id, io.BytesIO(plate("任命")), "a.png")
    archive.supplements.take(CAST["clerk"], made.id, Hand.SUBMIT, None, {})


def listed(archive: Archive, matter: Matter, department: str = "") -> list[Line]:
    return list(archive.supervision.lines(CHIEF, matter, department).lines)


def totals(archive: Archive) -> Mapping[str, Any]:
    found = archive.supervision.overview(CAST["leadership"]).counts
    return {one.matter.value: (one.total, dict(one.departments)) for one in found}


def test_what_is_left_undone_is_counted_by_department(behind: Archive) -> None:
    """M1: overdue supplements and loans, unverified records and incomplete files by department, and the room's own."""
    assert totals(behind) == {
        "supplements": (1, {"north": 1}), "returned": (0, {}), "loans": (1, {"north": 1}),
        "unverified": (1, {"north": 1}), "doubtful": (0, {}), "missing": (1, {"south": 1}), "places": (1, {}),
        "faults": (1, {}), "inspections": (1, {}), "renewals": (2, {}), "agreements": (2, {}),
    }  # fmt: skip


def test_each_number_leads_to_its_list(behind: Archive) -> None:
    """M1: every list is as long as its count, with names, and of a department what is that department's."""
    for matter, (total, departments) in totals(behind).items():
        assert len(listed(behind, Matter(matter))) == total
        for department, count in departments.items():
            assert len(listed(behind, Matter(matter), department)) == count
    (incomplete,) = listed(behind, Matter.MISSING)
    assert incomplete.name == "何雨"
    assert [kind.key for kind in incomplete.kinds] == [item.key for item in behind.catalogue.checklist()]
    assert listed(behind, Matter.MISSING, "north") == []
    assert [(one.name, one.kinds[0].code) for one in listed(behind, Matter.UNVERIFIED)] == [("林晓", "contract")]
    assert [(one.name, one.day) for one in listed(behind, Matter.PLACES)] == [("合同二", None)]
    assert [one.name for one in listed(behind, Matter.FAULTS)] == ["灭火器"]
    assert [one.name for one in listed(behind, Matter.LOANS)] == ["周文"]


def test_what_is_done_is_gone_from_its_list(behind: Archive) -> None:
    """B2, L5: a record that was verified, and a loan that came back, are counted no more."""
    (record,), (loan,) = listed(behind, Matter.UNVERIFIED), listed(behind, Matter.LOANS)
    behind.records.verify(ARCHIVIST, record.id, 1, "doubtful", "编号涂改")
    behind.lending.take(ARCHIVIST, loan.id, Lend.RETURN, None, {})
    Follower(behind).rebuild()
    assert (totals(behind)["unverified"], totals(behind)["loans"]) == ((0, {}), (0, {}))


def test_what_was_found_doubtful_or_false_is_listed(behind: Archive) -> None:
    """B2, M1: a verdict does not take a record out of sight: it is counted until it is judged anew or taken out."""
    (record,) = listed(behind, Matter.UNVERIFIED)
    for version, verdict in ((1, "doubtful"), (2, "false")):
        behind.records.verify(ARCHIVIST, record.id, version, verdict, "编号涂改")
        Follower(behind).rebuild()
        assert totals(behind)["doubtful"] == (1, {"north": 1})
        assert [(one.id, one.name, one.kinds[0].code) for one in listed(behind, Matter.DOUBTFUL)] == [
            (record.id, "林晓", "contract")
        ]
    behind.records.verify(ARCHIVIST, record.id, 3, "verified", "")
    Follower(behind).rebuild()
    assert totals(behind)["doubtful"] == (0, {})


def test_a_supplement_that_was_sent_back_is_not_forgotten(behind: Archive) -> None:
    """B4, M1: it lies with the clerk, is listed with its day, and goes when it comes again."""
    (late,) = listed(behind, Matter.SUPPLEMENTS)
    behind.supplements.take(ARCHIVIST, late.id, Hand.SEND_BACK, None, {"reason": "任命书不清楚"})
    assert (totals(behind)["supplements"], totals(behind)["returned"]) == ((0, {}), (1, {"north": 1}))
    assert [(one.id, one.name, one.day) for one in listed(behind, Matter.RETURNED)] == [(late.id, "周文", late.day)]
    (mine,) = [one for one in behind.work.of(CAST["clerk"]).overdue if one.case == late.id]
    assert (mine.due, mine.verb) == (late.day, "修改后重交")
    behind.supplements.take(CAST["clerk"], late.id, Hand.SUBMIT, None, {})
    assert totals(behind)["returned"] == (0, {})


def test_a_department_is_the_cases_own(behind: Archive) -> None:
    """L5, M1: who moves to another department does not take along what the old one is behind with."""
    behind.accounts.change(CAST["admin"], "clerk", behind.people.get("clerk").version, "周文", Role.CLERK, "south")
    assert (totals(behind)["loans"], totals(behind)["supplements"]) == ((1, {"north": 1}), (1, {"north": 1}))
    assert [one.department for one in listed(behind, Matter.LOANS)] == ["north"]
    behind.store.collection("waits").update_many({}, {"$unset": {"department": ""}})  # as it came to wait in old days
    assert totals(behind)["loans"] == (1, {"south": 1})


def test_an_archivist_without_an_agreement_is_listed(behind: Archive, set_clock: SetClock) -> None:
    """K3, M1: whether they were designated or never were, until they sign, and again when it has run out."""
    assert [(one.id, one.name, one.day) for one in listed(behind, Matter.AGREEMENTS)] == [
        ("archivist", "钱芳", None), ("archives", "赵刚", None),
    ]  # fmt: skip
    today = set_clock.today()
    until = today + timedelta(days=10)
    behind.care.note_agreement(CHIEF, "archivist", {"agreed": today.isoformat(), "expires": until.isoformat()})
    assert [one.id for one in listed(behind, Matter.AGREEMENTS)] == ["archives"]
    set_clock.advance(timedelta(days=11))
    assert [(one.id, one.day) for one in listed(behind, Matter.AGREEMENTS)] == [
        ("archivist", until),
        ("archives", None),
    ]


def test_the_day_of_a_stocktake_is_the_offices(behind: Archive, set_clock: SetClock) -> None:
    """S5, M1: a box that was counted at six in the morning was counted that day, and not the day before."""
    set_clock.advance(timedelta(hours=-3))  # six o'clock in the office, 22 o'clock of the day before by UTC
    day = set_clock.today()
    (box,) = listed(behind, Matter.PLACES)
    behind.stocktaking.close(ARCHIVIST, behind.stocktaking.begin(ARCHIVIST, box.id).id)
    set_clock.advance(timedelta(days=800))
    assert day in [one.day for one in listed(behind, Matter.PLACES)]


def test_what_was_found_false_is_missing(behind: Archive) -> None:
    """B2: a filed record that is judged false counts for the checklist no more; a doubtful one still does."""
    hired, contract = (
        next(
            one
            for one in behind.records.of_file(HR, listed(behind, Matter.LOANS)[0].files[0])
            if one.subcategory == sub
        )
        for sub in ("hire", "contract")
    )
    behind.records.verify(ARCHIVIST, hired.id, None, "doubtful", "日期涂改")
    behind.records.verify(ARCHIVIST, contract.id, None, "false", "公章不符")
    Follower(behind).rebuild()
    assert totals(behind)["missing"] == (2, {"north": 1, "south": 1})
    (line,) = listed(behind, Matter.MISSING, "north")
    assert [kind.key for kind in line.kinds] == ["onboarding.contract"]


def test_numbers_for_leadership_and_auditor_lists_for_the_archives_head(behind: Archive) -> None:
    """M1: the counts are seen by three, the lists by one, and every look is an event."""
    for name in ("leadership", "auditor"):
        behind.supervision.overview(CAST[name])
        with pytest.raises((Forbidden, NotFound)):
            behind.supervision.lines(CAST[name], Matter.MISSING)
    for name in ("archivist", "hr", "head", "admin"):
        with pytest.raises((Forbidden, NotFound)):
            behind.supervision.overview(CAST[name])
    listed(behind, Matter.LOANS)
    seen = [event for event in behind.audit.trail.chain(account_chain("archives")) if event.action.startswith("superv")]
    assert [event.ids["matter"] for event in seen] == ["loans"]


def test_without_a_search_index_it_says_so(archive: Archive) -> None:
    """Degraded: what the index would tell is unknown and not nought, the rest is counted, and no sheet is made."""
    found = archive.supervision.overview(CHIEF)
    assert found.degraded
    assert {one.matter for one in found.counts if one.total is None} == {
        Matter.UNVERIFIED, Matter.DOUBTFUL, Matter.MISSING,
    }  # fmt: skip
    page = archive.supervision.lines(CHIEF, Matter.MISSING)
    assert (page.lines, page.total, page.degraded) == ((), None, True)
    with pytest.raises(Unavailable):
        archive.supervision.export(CHIEF, Matter.MISSING)
    with pytest.raises(Invalid):
        archive.supervision.lines(CHIEF, Matter.LOANS, after="x")


@pytest.fixture
def client(behind: Archive) -> FlaskClient:
    return create_app(behind).test_client()


def test_pages_sheets_and_api_say_the_same(behind: Archive, client: FlaskClient) -> None:
    """M1: the page links each number, the sheet has a column for each department, and the API answers both."""
    headers = {"Authorization": f"Bearer {log_in(client, 'archives')}"}
    page = client.get("/supervision", headers=headers).text
    assert "/supervision/missing?department=south" in page
    sheet = load_workbook(io.BytesIO(client.post("/supervision/export", headers=headers).data)).worksheets[0]
    rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["事项", "合计", "北方客服部", "南方客服部"]
    assert ["缺少必备材料的档案", "1", "0", "1"] in rows
    for matter in Matter:
        assert client.get(f"/supervision/{matter}", headers=headers).status_code == 200
        answer = client.get(f"/api/v1/supervision/{matter}", headers=headers).json
        made = client.post(f"/supervision/{matter}/export", headers=headers)
        lines = load_workbook(io.BytesIO(made.data)).worksheets[0].max_row - 1
        assert answer["total"] == len(answer["items"]) == lines
    counts = {one["matter"]: one for one in client.get("/api/v1/supervision", headers=headers).json["matters"]}
    assert counts["missing"]["departments"] == [{"department": "south", "count": 1}]
    assert "/supervision" in client.get("/work", headers=headers).text
    headers = {"Authorization": f"Bearer {log_in(client, 'leadership')}"}
    assert "/supervision/missing" not in client.get("/supervision", headers=headers).text
