"""Deputies on real kinds of cases: who is away keeps no loan, submission or duty waiting, and nobody acts blind."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.access.relations import Deputy
from service.app import create_app
from service.bootstrap import Archive, build
from service.care.rules import Event as Duty
from service.casework.repository import Kept
from service.circulation.lending.rules import Event as Lending
from service.errors import Forbidden, Invalid, NotFound
from service.files.rules import File
from service.intake.submissions.rules import Event as Handing
from service.intake.submissions.rules import spread
from tests.cast import CAST
from tests.desk.conftest import bearer

CHIEF, ARCHIVIST, CLERK = CAST["archives"], CAST["archivist"], CAST["clerk"]


@pytest.fixture
def archive(archive: Archive) -> Archive:
    """The same archive, with the real kinds in its lists of work."""
    return build(archive.settings, archive.store, archive.clock)


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    return create_app(archive).test_client()


def name(archive: Archive, away: str, deputy: str) -> None:
    """`deputy` stands in today and tomorrow."""
    today = archive.clock.today()
    archive.standing.name_deputy(CAST[away], away, deputy, today, today + timedelta(days=1))


def last(kept: Kept[Any]) -> tuple[str, str, str]:
    """The last step of a case: what, by whom, in whose place."""
    move = kept.case.history[-1]
    return move.event, move.by, move.place_of


@pytest.mark.parametrize("deputy", ["clerk", "head2", "hr", "leadership"])
@pytest.mark.parametrize("away", ["archivist", "archives"])
def test_who_keeps_the_archives_is_replaced_from_the_archives_office(archive: Archive, away: str, deputy: str) -> None:
    """K1: others could not read what they would check and file, and are refused by name and never offered."""
    with pytest.raises(Invalid) as refused:
        name(archive, away, deputy)
    assert [(fault.name, "档案室" in fault.message) for fault in refused.value.fields] == [("deputy", True)]
    offered = {one.account for one in archive.standing.candidates(CAST[away], away) or ()}
    assert offered == {"archivist", "archives"} - {away}


def test_who_was_named_for_an_archivist_in_earlier_days_checks_nothing(archive: Archive, file: File) -> None:
    """B3: what was arranged before it was forbidden, or before a change of role, gives no hand to a case."""
    today = archive.clock.today()
    old = Deputy("archivist", "head2", today, today)
    archive.store.transact(lambda tx: archive.relations.name_deputy(tx, old))
    one = handed(archive, file)
    assert archive.work.of(CAST["head2"]).waiting == ()
    with pytest.raises((Forbidden, NotFound)):
        archive.submissions.take(CAST["head2"], one.id, Handing.CHECK, None, {"verdict": "verified"})


def handed(archive: Archive, file: File) -> Any:
    course = {"date": "2026-02-06", "course": "投诉处理"}
    return archive.submissions.create(CLERK, spread("training", "internal", course, [{"file_no": file.file_no}]))


def test_a_submission_is_checked_in_the_place_of_who_is_away(archive: Archive, file: File) -> None:
    """B3: the archives head, named for the archivist, sees every record of what was handed in, checks and files it."""
    name(archive, "archivist", "archives")
    one = handed(archive, file)
    seen = archive.submissions.get(CHIEF, one.id)
    assert len(seen.records) == 1
    filed = archive.submissions.check_and_file(CHIEF, one.id, None, {"verdict": "verified"})
    assert filed.case.state == "filed"


def test_a_loan_is_signed_and_approved_in_the_place_of_who_is_away(archive: Archive, file: File) -> None:
    """L2: another head signs for the head, an archivist approves for the archives head; both accounts are noted."""
    name(archive, "head", "head2")
    name(archive, "archives", "archivist")
    until = (archive.clock.today() + timedelta(days=7)).isoformat()
    loan = archive.lending.ask(CLERK, {"items": file.file_no, "reason": "工伤认定需要原件", "until": until})
    signed = archive.lending.take(CAST["head2"], loan.case.id, Lending.SIGN, None, {})
    assert last(signed) == ("sign", "head2", "head")
    approved = archive.lending.take(ARCHIVIST, loan.case.id, Lending.APPROVE, None, {})
    assert last(approved) == ("approve", "archivist", "archives")
    archive.pledging.sign(CLERK, 1)
    with pytest.raises(Forbidden):  # no two steps by one hand
        archive.lending.take(ARCHIVIST, loan.case.id, Lending.HAND_OVER, None, {})


def test_the_archives_heads_deputy_renews_what_fell_due(archive: Archive, client: FlaskClient) -> None:
    """K1, K3: what stands among the deputy's work is theirs to do, on the page and by the API, and no longer after."""
    archive.care.add_keeper(CHIEF, "archivist")
    archive.care.remind()
    headers = bearer(client, "archivist")
    today = archive.clock.today()
    signed = {"agreed": today.isoformat(), "expires": (today + timedelta(days=365)).isoformat()}
    path = "/api/v1/care/keepers/archivist/agreement"
    assert client.post(path, json=signed, headers=headers).status_code == 403
    name(archive, "archives", "archivist")
    lines = client.get("/api/v1/work", headers=headers).json["waiting"]
    assert [(one["verb"], one["place_of"]) for one in lines] == [("登记更新", "archives")] * 2
    assert "登记保密协议" in client.get("/care/keepers/archivist", headers=headers).text
    assert client.post(path, json=signed, headers=headers).status_code == 200
    (duty,) = [one for one in archive.care.inspections(CHIEF)[0] if one.case.history[-1].event == Duty.RENEW]
    assert last(duty) == ("renew", "archivist", "archives")
    archive.standing.drop_deputy(CHIEF, "archives")
    assert client.post(path, json=signed, headers=headers).status_code == 403


def test_a_deputy_is_told(archive: Archive, client: FlaskClient) -> None:
    """Of being named, of being named no more, and on their own page for whom and until when."""
    today = archive.clock.today()
    archive.standing.name_deputy(CAST["head"], "head", "head2", today, date(2026, 3, 5))
    headers = bearer(client, "head2")
    assert "2026-03-02 至 2026-03-05 您代 吴敏 办理" in client.get("/work", headers=headers).text
    assert "吴敏 外出期间由您代办" in client.get("/work/notices", headers=headers).text
    archive.standing.name_deputy(CAST["head"], "head", "leadership", today, today)
    assert "吴敏 不再由您代办" in client.get("/work/notices", headers=headers).text
    assert [one.event for one, _ in archive.work.notices(CAST["leadership"])] == ["named"]
    assert "您代 吴敏" not in client.get("/work", headers=headers).text
