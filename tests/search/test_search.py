"""Suggestions, facets of the catalogue's fields, lists that go on, the export, and what one opened last."""

import io
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook

from indexer.follow import Follower
from service.app import create_app
from service.audit.trail import account_chain
from service.bootstrap import Archive
from service.circulation.registers.operations import Wanted
from service.errors import Forbidden, Invalid, NotFound
from service.fulltext.port import Kind
from service.person import SYSTEM
from service.search import operations
from service.search.rules import Criteria, understood
from service.search.sheet import sheet
from tests.cast import CAST, PASSWORD, holding

HR, HEAD, CLERK = CAST["hr"], CAST["head"], CAST["clerk"]


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Twelve people in two departments with a contract and a mobile number each, indexed."""
    for n in range(12):
        name = "=cmd()" if n == 0 else f"欧阳{'甲乙丙丁戊己庚辛壬癸子'[n - 1]}"
        given = {"name": name, "department": "north" if n % 2 else "south", "post": "客服"}
        file = archive.opening.open(HR, {**given, "hire_date": f"2021-03-{n + 1:02}"})
        kind = "open" if n % 3 == 0 else "fixed"
        contract = {"number": f"HT-{n}", "start": "2021-03-01", "type": kind}
        archive.records.add(HR, file.file_no, "onboarding", "contract", contract)
        archive.records.add(HR, file.file_no, "basic", "contact", {"mobile": f"1381234{n:04}"})
    Follower(archive).rebuild()
    return archive


def test_suggestions_begin_with_what_is_typed(filled: Archive) -> None:
    """By name, pinyin or number, at most eight, within one's own scope, and nothing for nothing."""
    assert len(filled.search.suggest(HR, "欧阳")) == 8
    assert {file.department for file in filled.search.suggest(HEAD, "ouy")} == {"north"}
    assert [file.file_no for file in filled.search.suggest(HR, "kf-2021-00012")] == ["KF-2021-00012"]
    assert filled.search.suggest(HR, "   ") == []
    with pytest.raises((Forbidden, NotFound)):
        filled.search.suggest(CAST["admin"], "欧阳")


@pytest.mark.parametrize("typed", ["KF-2021-00003", " kf-2021-00003", "2021-00003", "2021-3", "ＫＦ２０２１００００３"])
def test_a_number_is_found_as_it_is_typed(filled: Archive, typed: str) -> None:
    """The field for a file's number takes it in small letters, without its beginning and without its noughts."""
    hits = filled.search.search(HR, Criteria("files", filters={"file_no": typed})).hits
    assert [hit.file.file_no for hit in hits] == ["KF-2021-00003"]


def test_records_are_sorted_by_their_date_in_the_page(filled: Archive) -> None:
    """The page of records offers both orders by date and keeps to them; the tab of people does not inherit them."""
    contracts = {"subcategory": "contract"}
    for n, start in enumerate(("2019-01-01", "2024-01-01")):
        filled.records.add(HR, f"KF-2021-0000{n + 1}", "onboarding", "contract", {"number": "x", "start": start})
    Follower(filled).rebuild()
    hits = filled.search.search(HR, Criteria("records", filters=contracts, sort="-date")).hits
    dates = [hit.record.date for hit in hits if hit.record]
    assert (dates[0], dates[-1], dates) == ("2024-01-01", "2019-01-01", sorted(dates, reverse=True))
    filled.accounts.create(SYSTEM, "hr", "孙丽", HR.role, PASSWORD, "hr")
    client = create_app(filled).test_client()
    token = client.post("/api/v1/session", json={"username": "hr", "password": PASSWORD, "purpose": "appraisal"}).json[
        "token"
    ]
    shown = client.get("/search?kind=records&sort=-date", headers={"Authorization": f"Bearer {token}"}).text
    assert '<option value="-date" selected>' in shown
    assert 'href="/search?kind=files"' in shown


def test_the_catalogues_facet_fields_are_counted(filled: Archive) -> None:
    """Each value of a facet field has its count, and filters by it."""
    answer = filled.search.search(HR, Criteria("records", filters={"subcategory": "contract"}))
    counts = dict(answer.facets["attribute"])
    assert counts == {"contract.type=固定期限": 8, "contract.type=无固定期限": 4}
    chosen = filled.search.search(HR, Criteria("records", filters={"attribute": "contract.type=无固定期限"}))
    assert chosen.total == 4


def test_a_list_goes_on_after_its_last_hit(filled: Archive) -> None:
    """In any order but relevance, `after` gives what follows, also where pages have no number any more."""
    first = filled.search.search(HR, Criteria("files", sort="-hire_date", size=5))
    rest = filled.search.search(HR, Criteria("files", sort="-hire_date", size=10, after=first.next))
    dates = [hit.file.hire_date for hit in (*first.hits, *rest.hits)]
    assert dates == sorted(dates, reverse=True)
    assert len(dates) == len(set(dates)) == 12
    assert (rest.next, rest.total) == ("", 12)


def test_a_result_list_is_exported(filled: Archive) -> None:
    """The sheet has all hits with their text as text, and the export is an event with its number of rows."""
    hits = filled.search.export(HR, Criteria("files", sort="file_no"))
    lines = list(load_workbook(io.BytesIO(sheet("files", hits, {}, {}))).worksheets[0].iter_rows())
    assert len(lines) == 13
    assert (lines[1][1].value, lines[1][1].data_type) == ("=cmd()", "s")
    events = list(filled.audit.trail.chain(account_chain("hr")))
    assert [(event.action, event.ids["rows"]) for event in events if event.action == "search.exported"] == [
        ("search.exported", "12")
    ]


def test_an_export_is_in_the_register_by_file(filled: Archive) -> None:
    """K2, V4: each file of which something is taken away has its line, with how much of it and what for."""
    person = replace(HR, purpose="appraisal")
    filled.search.export(person, Criteria("files"))
    lines, _ = filled.views.read(CAST["auditor"], Wanted(account="hr"))
    taken = [line.event for line in lines if line.event.action == "file.exported"]
    assert len({event.ids["file"] for event in taken}) == len(taken) == 12
    assert {(event.ids["rows"], event.ids["purpose"]) for event in taken} == {("1", "appraisal")}
    assert all(event.subject == f"file:{event.ids['file']}" for event in taken)


def test_hr_says_what_for_before_an_export(filled: Archive) -> None:
    """V3: an export is a look; HR is asked first, and led back to the list that it is of."""
    filled.accounts.create(SYSTEM, "hr", "孙丽", HR.role, PASSWORD, "hr")
    client = create_app(filled).test_client()
    token = client.post("/api/v1/session", json={"username": "hr", "password": PASSWORD}).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    asked = client.post("/search/export", data={"kind": "files", "name": "李"}, headers=headers)
    assert parse_qs(urlsplit(parse_qs(urlsplit(asked.location).query)["next"][0]).query)["name"] == ["李"]
    assert client.put("/api/v1/session/purpose", json={"purpose": "hiring"}, headers=headers).status_code == 204
    assert client.post("/search/export", data={"kind": "files"}, headers=headers).data[:2] == b"PK"


def test_an_export_is_masked_as_the_page_is(filled: Archive) -> None:
    """A department head's sheet holds the people of their own department, and nothing that a pass lets them see."""
    head = holding(filled, "head", "KF-2021-00002")
    contacts = Criteria("records", filters={"subcategory": "contact"})
    seen = filled.search.search(head, contacts).hits
    assert [(hit.file.file_no, "*" in hit.title) for hit in seen] == [("KF-2021-00002", True)]
    assert filled.search.export(head, contacts) == []
    assert len(filled.search.export(head, Criteria("files"))) == 6
    with pytest.raises(Forbidden):
        filled.search.export(CLERK, Criteria("files"))


def test_a_list_too_long_is_not_exported(filled: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for more than the most is told to narrow the search, and no event says that it was done."""
    monkeypatch.setattr(operations, "MOST_EXPORTED", 5)
    with pytest.raises(Invalid):
        filled.search.export(HR, Criteria("files"))
    assert "search.exported" not in [event.action for event in filled.audit.trail.chain(account_chain("hr"))]


def test_what_waits_is_counted(filled: Archive) -> None:
    """Keepers see how many records wait for them; a clerk only their own."""
    file_no = filled.search.suggest(CLERK, "欧阳")[0].file_no
    filled.records.add(CLERK, file_no, "training", "internal", {"date": "2025-05-06", "course": "礼仪"})
    Follower(filled).rebuild()
    assert filled.search.count(HR, Kind.RECORDS, {"state": "submitted"}) == 1
    assert filled.search.count(CLERK, Kind.RECORDS, {"state": "submitted"}) == 1
    assert filled.search.count(HEAD, Kind.RECORDS, {"state": "submitted"}) == 0


def test_files_opened_last_stand_first(filled: Archive) -> None:
    """Twelve at most, each once, and only those that one may still know of."""
    numbers = [f"KF-2021-{n:05}" for n in range(1, 13)]
    for number in (*numbers, numbers[3]):
        filled.files.note_opened(HR, number)
        filled.files.note_opened(HEAD, number)
    assert [file.file_no for file in filled.files.recent(HR)] == [numbers[3], *reversed(numbers[:3] + numbers[4:])]
    assert {file.department for file in filled.files.recent(HEAD)} == {"north"}
    assert filled.files.recent(CAST["archivist"]) == []


def test_under_a_person_stands_what_holds_the_words(filled: Archive) -> None:
    """Who is found by a record's content is shown with that record, marked; who is found by name needs none."""
    wanted = Criteria("files", words="HT-7")
    answer = filled.search.search(HR, wanted)
    shown = filled.search.why(HR, wanted, answer.hits)
    assert set(shown) == {hit.file.file_no for hit in answer.hits}
    best = shown[answer.hits[0].file.file_no]
    assert best.record is not None
    assert (best.record.subcategory, best.evidence[0].marks) == ("contract", [[0, 4]])
    by_name = Criteria("files", words="欧阳")
    assert filled.search.why(HR, by_name, filled.search.search(HR, by_name).hits) == {}
    masked = Criteria("files", words="13812340001")
    assert filled.search.why(HEAD, masked, filled.search.search(HR, masked).hits) == {}


def test_every_part_of_a_search_is_understood_by_itself() -> None:
    """Each part says what it is taken for and what is left without it; quotes hold a phrase together."""
    parts = [(one.meant, one.text, one.rest) for one in understood('KF-2021-00001 ouyang "投诉 处理" 合同')]
    assert [one[:2] for one in parts] == [
        ("number", "KF-2021-00001"), ("latin", "ouyang"), ("exact", "投诉 处理"), ("words", "合同"),
    ]  # fmt: skip
    assert parts[0][2] == 'ouyang "投诉 处理" 合同'
    assert parts[2][2] == "KF-2021-00001 ouyang 合同"
