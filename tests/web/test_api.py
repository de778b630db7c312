"""A day of the office by API alone: every operation that the description names is done once, as it says."""

import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import request, request_finished
from flask.testing import FlaskClient

from indexer.follow import Follower
from scanner_ingest import worker
from service.app import create_app
from service.bootstrap import Archive
from service.person import SYSTEM
from service.web.described import address
from tests.cast import CAST, PASSWORD
from tests.scans.conftest import Plate, plate

PERSON = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
COURSE = {"category": "training", "subcategory": "internal", "fields": {"date": "2025-05-06", "course": "投诉处理"}}
Json = Any


@dataclass
class Office:
    """The cast at their programs. `ask` gives the JSON of an answer that went well."""

    archive: Archive
    client: FlaskClient
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, who: str, method: str, path: str, body: Json = None, **how: Any) -> Json:
        if who not in self.tokens:
            given = {"username": who, "password": PASSWORD}
            self.tokens[who] = self.client.post("/api/v1/session", json=given).json["token"]
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        answer = self.client.open(f"/api/v1/{path}", method=method, json=body, headers=headers, **how)
        assert answer.status_code < 300, (method, path, answer.json)
        return answer.json if answer.is_json else answer.data

    def scan(self, who: str, path: str, text: str) -> Json:
        sent = {"file": (io.BytesIO(plate(text)), "a.png")}
        return self.ask(who, "POST", path, data=sent, content_type="multipart/form-data")

    def catch_up(self) -> None:
        """The ingest reads and the indexer follows, to the end."""
        reading = worker.Worker(self.archive, Plate())
        while reading.once():
            pass
        Follower(self.archive).rebuild()

    def day(self, days: int = 0) -> str:
        return (self.archive.clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def office(archive: Archive) -> Office:
    for one in CAST.values():
        archive.accounts.create(SYSTEM, one.account, one.name, one.role, PASSWORD, one.department, one.file_no)
    return Office(archive, create_app(archive).test_client())


def files(office: Office) -> str:
    """HR opens files, singly and in bulk, changes one; somebody leaves and comes back."""
    ask = office.ask
    ask("hr", "PUT", "session/purpose", {"purpose": "appraisal"})
    opened = ask("hr", "POST", "files", PERSON)
    path = f"files/{opened['file_no']}"
    rows = [{**PERSON, "name": "欧阳静怡", "records": [COURSE]}]
    ask("hr", "POST", "files/import", {"rows": rows, "check": True})
    ask("hr", "POST", "files/import", {"rows": rows})
    changed = ask("hr", "PATCH", path, {"version": opened["version"], "post": "客服组长"})
    left = ask("hr", "POST", f"{path}/leave", {"version": changed["version"], "left_on": office.day()})
    ask("hr", "POST", f"{path}/come-back", {"version": left["version"]})
    assert ask("hr", "GET", path)["post"] == "客服组长"
    assert len(ask("hr", "GET", "files")["items"]) == 2
    return str(opened["file_no"])


def records(office: Office, file_no: str) -> str:
    """Records are added, changed, judged; a clerk's goes through the archivist."""
    ask = office.ask
    made = ask("hr", "POST", f"files/{file_no}/records", {**COURSE, "date": "2025-05-06"})
    path = f"records/{made['id']}"
    fields = {**COURSE["fields"], "score": 92}
    ask("hr", "PATCH", path, {"version": made["version"], "fields": fields})
    ask("archivist", "POST", f"{path}/verify", {"verdict": "verified"})
    draft = ask("clerk", "POST", f"files/{file_no}/records", {**COURSE, "draft": True})
    sent = ask("clerk", "POST", f"records/{draft['id']}/submit", {"version": draft["version"]})
    ask("archivist", "POST", f"records/{draft['id']}/send-back", {"version": sent["version"], "reason": "缺证书"})
    lines = [{**COURSE, "file_no": file_no}]
    ask("hr", "POST", "records/import", {"lines": lines, "check": True})
    ask("hr", "POST", "records/import", {"lines": lines})
    assert ask("hr", "GET", path)["verification"]["verdict"] == "verified"
    assert len(ask("hr", "GET", f"{path}/versions")["items"]) >= 1
    assert ask("hr", "GET", f"files/{file_no}/records")["total"] >= 3
    return str(made["id"])


def scans(office: Office, file_no: str, record_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan is uploaded, read, looked at, corrected, arranged, moved; one that failed is read again."""
    ask = office.ask
    scan = office.scan("hr", f"records/{record_id}/scans", "结业证书")
    assert ask("hr", "GET", "scans/unread") == {"unread": 1}
    office.catch_up()
    path = f"scans/{scan['id']}"
    page = ask("hr", "GET", f"{path}/pages/1")
    assert page["text"] == "结业证书"
    ask("hr", "PATCH", f"{path}/pages/1", {"version": page["version"], "text": "结业证书一"})
    for part in ("content", "pages/1/image", "pages/1/thumbnail"):
        assert ask("hr", "GET", f"{path}/{part}")
    scan = ask("hr", "GET", path)
    turned = [{"page": 1, "turn": 90, "withdrawn": False}]
    ask("hr", "PATCH", path, {"version": scan["version"], "pages": turned})
    office.catch_up()  # a turned page is read again
    scan = ask("hr", "GET", path)
    other = ask("hr", "POST", f"files/{file_no}/records", COURSE)
    ask("hr", "POST", f"{path}/move", {"version": scan["version"], "record_id": other["id"]})
    assert ask("hr", "GET", f"records/{other['id']}/scans")["total"] == 1

    monkeypatch.setattr(worker, "ATTEMPTS", 1)
    failed = office.scan("hr", f"records/{record_id}/scans", "读不出")
    monkeypatch.setattr(Plate, "read", lambda *_: 1 / 0)
    office.catch_up()
    monkeypatch.undo()
    assert ask("hr", "GET", f"scans/{failed['id']}")["state"] == "failed"
    ask("hr", "POST", f"scans/{failed['id']}/retry")
    office.catch_up()


def searches(office: Office) -> None:
    """What was saved is found, by words and by the beginning of a name; the archives head sees what is left undone."""
    found = office.ask("hr", "GET", "search?kind=pages&q=结业证书&facets=category")
    assert found["total"] == 1
    assert found["hits"][0]["boxes"]
    assert office.ask("hr", "GET", "search?kind=records&q=投诉&facets=subcategory,department")["facets"]
    assert office.ask("hr", "GET", "suggest?q=lin")["items"]
    seen = office.ask("archives", "GET", "supervision")["matters"]
    assert {one["matter"] for one in seen if one["total"]} >= {"unverified"}
    assert office.ask("archives", "GET", "supervision/unverified")["items"]


def submissions(office: Office, file_no: str) -> None:
    """A department hands in, the office checks and files; a promotion is supplemented with its evidence."""
    ask = office.ask
    rows = {"category": "training", "subcategory": "internal", "fields": COURSE["fields"]}
    made = ask("clerk", "POST", "submissions", {**rows, "agents": [{"file_no": file_no}], "remark": "五月培训"})
    path = f"submissions/{made['id']}"
    ask("archivist", "POST", f"{path}/check", {"verdict": "verified"})
    assert ask("archives", "POST", f"{path}/file", {})["state"] == "filed"
    assert ask("clerk", "GET", path)["history"]
    assert ask("archivist", "GET", "submissions?all=yes")["items"]
    promoted = {
        "file_no": file_no, "category": "career", "subcategory": "promotion",
        "fields": {"date": office.day(), "from_post": "客服专员", "to_post": "客服组长"},
    }  # fmt: skip
    made = ask("clerk", "POST", "supplements", {"records": [promoted], "draft": True})
    office.scan("clerk", f"records/{made['records'][0]['id']}/scans", "任命通知")
    ask("clerk", "POST", f"supplements/{made['id']}/submit", {})
    assert ask("clerk", "GET", f"supplements/{made['id']}")["due"]
    assert ask("clerk", "GET", "supplements")["items"]
    assert [line["receiver"] for line in ask("auditor", "GET", "registers/submissions")["items"][:1]] == ["赵刚"]


def viewing(office: Office, file_no: str) -> None:
    """A clerk asks, the head signs, the office grants; the pledge is signed before anything is seen."""
    ask = office.ask
    pledge = ask("admin", "PUT", "pledge/text", {"version": 1, "text": "我保证不泄露所查阅的档案内容。" * 3})
    wanted = {"files": [file_no], "purpose": "appraisal", "reason": "核对年度考核", "until": f"{office.day(1)}T10:00"}
    made = ask("clerk", "POST", "view-requests", wanted)
    path = f"view-requests/{made['id']}"
    ask("head", "POST", f"{path}/sign", {})
    ask("archivist", "POST", f"{path}/grant", {"masked": True})
    assert ask("clerk", "GET", "pledge")["signed_at"] is None
    assert ask("clerk", "POST", "pledge", {"version": pledge["version"]})["signed_at"]
    assert ask("clerk", "GET", f"files/{file_no}/records")["total"] >= 3
    assert ask("archivist", "GET", "view-requests?all=yes")["items"]
    assert ask("clerk", "GET", path)["state"] == "granted"
    assert ask("auditor", "GET", "registers/views")["items"]


def lending(office: Office, file_no: str) -> None:
    """The paper goes out with two signatures, comes back, is compared and checked."""
    ask = office.ask
    wanted = {"items": [file_no], "reason": "工伤认定需要原件", "until": office.day(7)}
    made = ask("clerk", "POST", "loans", wanted)
    path = f"loans/{made['id']}"
    for who, event in (("head", "sign"), ("archives", "approve"), ("archivist", "hand-over")):
        ask(who, "POST", f"{path}/{event}", {})
    ask("clerk", "POST", f"{path}/extend", {"until": office.day(9), "note": "鉴定延期"})
    assert ask("archives", "POST", f"{path}/grant-extension", {})["due"] == office.day(9)
    ask("archivist", "POST", f"{path}/return", {})
    back = {"file": [(io.BytesIO(plate("结业证书")), "a.png"), (io.BytesIO(plate("另", (900, 300))), "b.png")]}
    ask("archivist", "POST", f"{path}/returned", data=back, content_type="multipart/form-data")
    office.catch_up()
    compared = ask("archivist", "GET", f"{path}/returned")["items"][0]
    assert (compared["state"], compared["file_no"], compared["returned"]) == ("compared", file_no, 2)
    assert ask("archivist", "GET", f"{path}/returned/{compared['id']}/pages/{compared['shown'][0]}/image")
    counted = {"condition": "complete", "pages": 3, "note": "结业证书之外的页面没有放进扫描仪"}
    assert ask("archivist", "POST", f"{path}/close", counted)["state"] == "closed"
    outside = {**wanted, "organisation": "市社会保险中心", "bearer": "何某"}
    letter = f"loans/{ask('archivist', 'POST', 'loans', outside)['id']}/letter"
    assert office.scan("archivist", letter, "函")["letter"]
    assert ask("leadership", "GET", letter)
    assert ask("clerk", "GET", path)["extensions"] == 1
    assert ask("clerk", "GET", "loans")["items"]
    assert ask("auditor", "GET", "registers/loans")["items"][0]["returned"]


def places(office: Office, file_no: str) -> None:
    """A room with a box, the file's bag in it, labels, and a stocktake."""
    ask = office.ask
    room = ask("archivist", "POST", "places", {"kind": "room", "name": "一号库房"})
    cabinet = ask("archivist", "POST", "places", {"kind": "cabinet", "name": "甲柜", "parent": room["code"]})
    box = ask("archivist", "POST", "places", {"kind": "box", "name": "2021", "parent": cabinet["code"], "capacity": 20})
    path = f"places/{box['code']}"
    box = ask("archivist", "PATCH", path, {"version": box["version"], "name": "2021 年"})
    ask("archivist", "POST", f"{path}/originals", {"code": file_no})
    assert ask("archivist", "GET", path)["originals"][0]["file_no"] == file_no
    assert ask("hr", "GET", f"files/{file_no}/place")["total"] == 3
    assert ask("archivist", "GET", "places")["items"][0]["holds"] == 1
    assert ask("archivist", "POST", "labels", {"codes": [file_no, box["code"]]}).startswith(b"%PDF")
    assert ask("archivist", "POST", "labels", {"inside": box["code"], "sheet": "2x4", "first": 8}).startswith(b"%PDF")
    count = ask("archivist", "POST", f"{path}/stocktakes")
    ask("archivist", "POST", f"stocktakes/{count['id']}/scan", {"code": file_no})
    counted = ask("archivist", "GET", f"stocktakes/{count['id']}")
    assert (counted["missing"], counted["lent"]) == ([], [])
    assert ask("archivist", "POST", f"stocktakes/{count['id']}/close")["closed"]
    ask("archivist", "POST", f"{path}/originals/{file_no}/take-out")
    paper = ask("archivist", "GET", f"files/{file_no}/records")["items"][0]["id"]
    ask("archivist", "POST", f"{path}/originals", {"code": paper})
    assert ask("archivist", "GET", f"records/{paper}/place")["items"][-1]["code"] == box["code"]
    ask("archivist", "POST", f"{path}/originals/{paper}/take-out")
    assert ask("archivist", "POST", f"{path}/close")["closed_at"]


def care(office: Office) -> None:
    """Facilities with their plan, findings and repairs, to their end; an archivist with agreement and training."""
    ask = office.ask
    fire = {"kind": "fire", "name": "灭火器", "where": "一号库房", "every_days": 30, "due": office.day(1)}
    made = ask("archives", "POST", "care/facilities", fire)
    office.archive.care.remind()
    duty = ask("archivist", "GET", "care/duties")["items"][0]
    ask("archivist", "POST", f"care/duties/{duty['id']}/fault", {"note": "压力不足"})
    ask("archivist", "POST", f"care/duties/{duty['id']}/repair", {"note": "已更换"})
    path = f"care/facilities/{made['id']}"
    assert ask("archivist", "POST", f"{path}/findings", {"note": "又漏气"})["state"] == "faulty"
    version = ask("archives", "GET", "care")["facilities"][0]["version"]
    ask("archives", "PATCH", path, {**fire, "version": version, "every_days": 60})
    assert ask("archives", "POST", f"{path}/retire")["retired"] == office.day()
    assert [one["state"] for one in ask("auditor", "GET", "registers/inspections")["items"]] == ["ended", "done"]
    ask("archives", "POST", "care/keepers", {"account": "archivist"})
    ask("archives", "POST", "care/keepers/archivist/agreement", {"agreed": office.day(), "expires": office.day(365)})
    learned = {"subject": "保密培训", "day": office.day(), "hours": 2.5}
    ask("archives", "POST", "care/keepers/archivist/trainings", learned)
    assert ask("archives", "GET", "care")["keepers"][0]["trained"]
    assert ask("auditor", "GET", "care/keepers/archivist/agreements")["total"] == 1
    assert ask("archives", "POST", "care/keepers/archivist/end")["until"] == office.day()
    assert ask("auditor", "GET", "registers/trainings")["items"][0]["hours"] == 2.5


def desks(office: Office, file_no: str) -> None:
    """My work, notices, who stands in, relatives; the company's own fields; the trail; and logging out."""
    ask = office.ask
    assert ask("archivist", "GET", "work")["waiting"]
    assert ask("clerk", "GET", "notices")["items"]
    away = {"deputy": "archives", "from": office.day(), "until": office.day(3)}
    ask("archivist", "PUT", "deputies/archivist", away)
    assert ask("archivist", "GET", "deputies/archivist")["deputy"] == "archives"
    ask("archivist", "DELETE", "deputies/archivist")
    ask("hr", "PUT", "relatives/archivist", {"files": [file_no]})
    assert ask("hr", "GET", "relatives/archivist") == {"files": [file_no]}
    known = ask("admin", "GET", "catalogue")
    made = {"version": known["version"], "category": "other", "zh": "体检", "en": "Check-up", "code": "checkup"}
    version = ask("admin", "POST", "catalogue/subcategories", made)["version"]
    number = {
        "version": version,
        "subcategory": "checkup",
        "kind": "text",
        "zh": "医院",
        "en": "Hospital",
        "name": "at",
    }
    version = ask("admin", "POST", "catalogue/fields", number)["version"]
    changed = {"version": version, "zh": "体检医院", "en": "Hospital"}
    version = ask("admin", "PATCH", "catalogue/fields/checkup/at", changed)["version"]
    ask("admin", "PATCH", "catalogue/subcategories/checkup", {"version": version, "retired": True})
    assert ask("auditor", "GET", f"audit?file_no={file_no}")["items"]
    ask("hr", "DELETE", "session")


def test_every_operation_is_as_described(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the description was never done, and what is taken and given is what it says."""
    done: set[tuple[str, str]] = set()

    def note(_app: Any, **_: Any) -> None:
        if request.url_rule:
            done.add((request.method.lower(), address(request.url_rule.rule)))

    with request_finished.connected_to(note):
        file_no = files(office)
        record_id = records(office, file_no)
        scans(office, file_no, record_id, monkeypatch)
        searches(office)
        for part in (submissions, viewing, lending, places):
            part(office, file_no)
        care(office)
        desks(office, file_no)
    spec = office.client.get("/api/v1/openapi.json").json
    shown = {(method, path) for path, methods in spec["paths"].items() for method in methods}
    assert shown - done == set()
