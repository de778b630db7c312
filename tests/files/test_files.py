"""Files on the real store: numbers, races, duplicates, refusals, and nothing readable at rest."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from bson.raw_bson import RawBSONDocument

from service.app import create_app
from service.audit.trail import file_chain
from service.audit.verifier import verify
from service.bootstrap import Archive
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import Event, Status
from service.person import SYSTEM
from service.store.counters import Counters
from tests.cast import CAST, PASSWORD, holding

HR = CAST["hr"]
GIVEN = {"name": "欧阳小满", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
ID_NUMBER = "990101199003071237"


def test_a_file_gets_its_number_by_the_rule(archive: Archive) -> None:
    """The first file of a year has the first number of the rule, and reads back as it was opened (S2)."""
    file = archive.opening.open(HR, GIVEN)
    assert file.file_no == "KF-2021-00001"
    assert archive.files.get(HR, file.file_no).name == "欧阳小满"


def test_fifty_opened_at_once_have_fifty_numbers(archive: Archive) -> None:
    """Fifty files opened by eight threads have fifty different numbers, and every chain is whole."""
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda n: archive.opening.open(HR, {**GIVEN, "name": f"客服员{n}"}), range(50)))
    assert len({file.file_no for file in opened}) == 50
    assert list(verify(archive.audit.trail)) == []


def test_every_wrong_field_is_named(archive: Archive) -> None:
    """Opening with faults names each field, changes nothing, and uses up no number."""
    with pytest.raises(Invalid) as refused:
        archive.opening.open(HR, {"name": "", "department": "moon", "post": "客服", "hire_date": "2021-13-01"})
    assert {fault.name for fault in refused.value.fields} == {"name", "department", "hire_date"}
    with pytest.raises(Invalid) as refused:
        archive.opening.open(HR, {**GIVEN, "department": ["north"]})
    assert [fault.name for fault in refused.value.fields] == ["department"]
    assert archive.files.list(HR)[0] == []


def test_the_same_person_twice(archive: Archive) -> None:
    """The same name is warned of until confirmed; the same ID number is refused."""
    archive.opening.open(HR, {**GIVEN, "id_number": ID_NUMBER})
    with pytest.raises(Conflict):
        archive.opening.open(HR, GIVEN)
    assert archive.opening.open(HR, GIVEN, confirmed=True).file_no == "KF-2021-00002"
    with pytest.raises(Invalid) as refused:
        archive.opening.open(HR, {**GIVEN, "name": "另一人", "id_number": ID_NUMBER})
    assert [fault.name for fault in refused.value.fields] == ["id_number"]


def test_a_lost_race_shows_what_stands_there(archive: Archive) -> None:
    """The second of two edits from one version gets a Conflict with the present file."""
    file = archive.opening.open(HR, GIVEN)
    archive.files.edit(HR, file.file_no, 1, {"post": "组长"})
    with pytest.raises(Conflict) as lost:
        archive.files.edit(HR, file.file_no, 1, {"post": "主管"})
    assert (lost.value.current.post, lost.value.current.version) == ("组长", 2)


def test_leaving_and_coming_back(archive: Archive) -> None:
    """Leaving needs a day not before the hire; coming back clears it; leaving twice is not in the table."""
    file = archive.opening.open(HR, GIVEN)
    with pytest.raises(Invalid):
        archive.files.move(HR, file.file_no, 1, Event.LEAVE, "2020-01-01")
    left = archive.files.move(HR, file.file_no, 1, Event.LEAVE, "2025-06-30")
    assert (left.status, left.left_on) == (Status.LEFT, "2025-06-30")
    with pytest.raises(Conflict):
        archive.files.move(HR, file.file_no, 2, Event.LEAVE, "2025-06-30")
    back = archive.files.move(HR, file.file_no, 2, Event.COME_BACK)
    assert (back.status, back.left_on) == (Status.ACTIVE, "")


def test_who_has_left_was_hired_before(archive: Archive) -> None:
    """The hire date of a file that is left cannot be set behind the leaving, by its head or its record of the hire."""
    file = archive.opening.open(HR, GIVEN)
    archive.files.move(HR, file.file_no, 1, Event.LEAVE, "2025-06-30")
    with pytest.raises(Invalid) as refused:
        archive.files.edit(HR, file.file_no, 2, {"hire_date": "2025-07-01"})
    assert [fault.name for fault in refused.value.fields] == ["hire_date"]
    hire = {"hire_date": "2025-07-01", "department": "北方客服部", "post": "客服专员"}
    with pytest.raises(Invalid):
        archive.records.add(HR, file.file_no, "onboarding", "hire", hire)
    assert archive.records.of_file(HR, file.file_no) == []
    assert archive.files.edit(HR, file.file_no, 2, {"hire_date": "2025-06-30"}).hire_date == "2025-06-30"


@pytest.mark.parametrize("name", ["admin", "auditor", "leadership", "stranger", "head2"])
def test_outsiders_do_not_learn_of_a_file(archive: Archive, name: str) -> None:
    """Those without a right get 404 for a file that exists, and an empty or refused list."""
    file = archive.opening.open(HR, GIVEN)
    with pytest.raises(NotFound):
        archive.files.get(CAST[name], file.file_no)


def test_a_clerk_may_not_change_a_file(archive: Archive) -> None:
    """A clerk knows the department's files but may neither open nor change one."""
    file = archive.opening.open(HR, GIVEN)
    assert archive.files.get(CAST["clerk"], file.file_no).post == "客服专员"
    with pytest.raises(Forbidden):
        archive.files.edit(CAST["clerk"], file.file_no, 1, {"post": "组长"})
    with pytest.raises(Forbidden):
        archive.opening.open(CAST["clerk"], GIVEN)


def test_lists_show_only_what_one_may_know(archive: Archive) -> None:
    """A head's list holds their own department's files, newest first, over several pages."""
    for n in range(7):
        archive.opening.open(HR, {**GIVEN, "name": f"客服员{n}", "department": "north" if n % 2 else "south"})
    first, more = archive.files.list(CAST["head"], size=2)
    rest, end = archive.files.list(CAST["head"], below=more, size=2)
    assert [file.name for file in [*first, *rest]] == ["客服员5", "客服员3", "客服员1"]
    assert end is None


def test_a_department_finds_its_files_behind_thousands_of_others(archive: Archive) -> None:
    """A head's files stand on the first page though 15,000 others were opened later, and on a later one behind 30,000;
    what a pass shows of another department stands among them."""
    opened = archive.opening.open(HR, GIVEN)
    other = archive.opening.open(HR, {**GIVEN, "name": "司空大年", "department": "south"})
    archive.opening.open(HR, {**GIVEN, "name": "上官云", "department": "south"})
    pass_over(archive, 15_000)
    assert archive.files.list(CAST["head"]) == ([opened], None)
    assert archive.files.list(holding(archive, "head", other.file_no)) == ([other, opened], None)
    pass_over(archive, 15_000)
    found, more = archive.files.list(CAST["head"])
    assert found == []
    assert archive.files.list(CAST["head"], more) == ([opened], None)


def test_a_list_that_goes_on_says_so_though_it_is_empty(archive: Archive) -> None:
    """Where no file of a page may be known, the page and home say that there are older ones, and lead there."""
    archive.opening.open(HR, GIVEN)
    pass_over(archive, 30_000)
    archive.accounts.create(SYSTEM, "head", "吴敏", CAST["head"].role, PASSWORD, "north")
    client = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": "head", "password": PASSWORD}).json["token"]
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    for page in ("/files", "/"):
        below = re.search(r'href="/files\?below=(\d+)"', client.get(page).text)
        assert below is not None, page
        assert "欧阳小满" in client.get(f"/files?below={below[1]}").text


def test_an_agent_lists_their_own_file_alone(archive: Archive) -> None:
    """An agent's list is their own file, wherever it stands."""
    file = archive.opening.open(HR, GIVEN)
    archive.opening.open(HR, {**GIVEN, "name": "上官云"})
    assert archive.files.list(CAST["agent"]) == ([file], None)


def pass_over(archive: Archive, places: int) -> None:
    """As if so many files had been opened and destroyed."""
    Counters(archive.store).take("files/n", places)


def test_nothing_personal_is_readable_at_rest(archive: Archive) -> None:
    """No collection holds a name, an ID number or a field's value in clear."""
    file = archive.opening.open(HR, {**GIVEN, "id_number": ID_NUMBER})
    fields = {"name": "欧阳小满", "native_place": "长青县", "id_number": ID_NUMBER}
    archive.records.add(HR, file.file_no, "basic", "identity", fields)
    options = archive.store.db.codec_options.with_options(document_class=RawBSONDocument)
    everything = b"".join(
        document.raw
        for name in archive.store.db.list_collection_names()
        for document in archive.store.db.get_collection(name, codec_options=options).find()
    )
    for secret in ("欧阳小满", "长青县", ID_NUMBER):
        assert secret.encode() not in everything


def test_every_change_is_in_the_chain(archive: Archive) -> None:
    """Opening, changing and leaving are three events of the file's chain, by whom they were done."""
    file = archive.opening.open(HR, GIVEN)
    archive.files.edit(HR, file.file_no, 1, {"department": "south"})
    archive.files.move(HR, file.file_no, 2, Event.LEAVE, "2025-06-30")
    events = list(archive.audit.trail.chain(file_chain(file.file_no)))
    assert [(event.action, event.account) for event in events] == [
        ("file.opened", "hr"), ("file.changed", "hr"), ("file.leave", "hr"),
    ]  # fmt: skip


def test_a_change_leaves_digests_of_both_versions(archive: Archive) -> None:
    """Each change's event has a digest of what was and of what is; the second begins where the first ended."""
    file = archive.opening.open(HR, GIVEN)
    archive.files.edit(HR, file.file_no, 1, {"post": "组长"})
    archive.files.edit(HR, file.file_no, 2, {"post": "主管"})
    _, first, second = archive.audit.trail.chain(file_chain(file.file_no))
    assert len({first.before, first.after, second.after}) == 3
    assert second.before == first.after
    record = archive.records.add(HR, file.file_no, "training", "internal", {"date": "2025-05-06", "course": "a"})
    archive.records.edit(HR, record.id, 1, {"date": "2025-05-06", "course": "b"})
    added, changed = list(archive.audit.trail.chain(file_chain(file.file_no)))[-2:]
    assert changed.before == added.after != changed.after


def test_history_tells_changes_and_no_looks(archive: Archive) -> None:
    """Who may change a file sees its last changes, newest first; who may only read it does not."""
    file = archive.opening.open(HR, GIVEN)
    record = archive.records.add(HR, file.file_no, "training", "internal", {"date": "2025-05-06", "course": "a"})
    archive.records.read(holding(archive, "head", file.file_no), record.id)
    archive.records.of_file(HR, file.file_no)
    archive.files.edit(HR, file.file_no, 1, {"post": "组长"})
    acts = [event.action for event in archive.files.history(HR, file.file_no)]
    assert acts == ["file.changed", "record.added", "file.opened"]
    with pytest.raises(Forbidden):
        archive.files.history(CAST["head"], file.file_no)


def test_reading_a_record_is_an_event(archive: Archive) -> None:
    """Who opens a record's page leaves an event of it on the file's chain."""
    file = archive.opening.open(HR, GIVEN)
    record = archive.records.add(HR, file.file_no, "training", "internal", {"date": "2025-05-06", "course": "a"})
    archive.records.read(holding(archive, "head", file.file_no), record.id)
    last = list(archive.audit.trail.chain(file_chain(file.file_no)))[-1]
    assert (last.action, last.account, last.ids["record"]) == ("record.read", "head", record.id)


def test_who_may_not_know_of_a_file_cannot_tell_it_from_one_that_never_was(archive: Archive) -> None:
    """The other department's head gets the same page for a file that there is, one whose key is gone and a number that
    was never given; so does the archivist for the last two (T4)."""
    there, gone = (archive.opening.open(HR, {**GIVEN, "name": name}) for name in ("欧阳小满", "司空大年"))
    for name in ("head2", "archivist"):
        one = CAST[name]
        archive.accounts.create(SYSTEM, name, one.name, one.role, PASSWORD, one.department)
    archive.store.transact(lambda tx: archive.keys.destroy(tx, gone.file_no))
    client = create_app(archive).test_client()

    def page(name: str, number: str, rest: str) -> tuple[int, str]:
        token = client.post("/api/v1/session", json={"username": name, "password": PASSWORD}).json["token"]
        answer = client.get(f"{rest.format(number)}", headers={"Authorization": f"Bearer {token}"})
        said = answer.text.replace(answer.headers["X-Request-ID"], "").replace(number, "")
        return answer.status_code, re.sub(r'name="csrf_token" value="[^"]*"', "", said)

    for rest in ("/files/{}", "/files/{}/print", "/files/{}/edit", "/api/v1/files/{}", "/api/v1/files/{}/records"):
        found = [page("head2", number, rest) for number in (there.file_no, gone.file_no, "KF-2021-99999")]
        assert {status for status, _ in found} == {404}
        assert len(set(found)) == 1, rest
        assert {page("archivist", number, rest)[0] for number in (gone.file_no, "KF-2021-99999")} == {404}
