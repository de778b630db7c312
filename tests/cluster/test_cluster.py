"""The main job through all parts of docker-compose.yml, and one kill of each of them."""

import http.client
from uuid import uuid4

import pytest

from service.audit.verifier import verify
from service.bench.lag import upload
from service.bench.running import Running
from service.bootstrap import Archive
from tests.cluster.conftest import client, indexed, stored
from tests.cluster.parts import OURS, SERVICES, Cluster, eventually

pytestmark = pytest.mark.cluster
GIVEN = {"name": "欧阳小满", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}


@pytest.fixture(scope="module")
def first_link(parts: Cluster) -> str:
    """What `docker compose exec service dangan setup` prints, before anybody has an account."""
    return parts.run("service", "setup").stdout.strip()


@pytest.fixture(scope="module")
def hr(first_link: str, archive: Archive, parts: Cluster) -> Running:
    return client(parts, "hr")


@pytest.fixture(scope="module")
def file_no(hr: Running) -> str:
    status, made = hr.ask("POST", "/api/v1/files", GIVEN)
    assert status == 201
    return made["file_no"]


def add(hr: Running, file_no: str, course: str) -> str:
    """A record that is there when this returns; a part that is just coming back is asked again."""
    body = {"category": "training", "subcategory": "internal", "fields": {"date": "2025-05-06", "course": course}}

    def once() -> str | None:
        try:
            status, made = hr.ask("POST", f"/api/v1/files/{file_no}/records", body)
        except (http.client.HTTPException, OSError):
            return None
        assert status in (201, 503), (status, made)
        return made["id"] if status == 201 else None

    return eventually(once, 90)


def found(hr: Running, kind: str, word: str) -> int:
    """How many are found; 0 while search is degraded or its service comes back."""
    try:
        status, answer = hr.ask("GET", "/api/v1/search", kind=kind, q=word)
    except (http.client.HTTPException, OSError):
        return 0
    assert status in (200, 503), (status, answer)
    return 0 if status == 503 else answer["total"] or 0


def test_the_main_job(first_link: str, parts: Cluster, hr: Running, file_no: str, archive: Archive) -> None:
    """The first administrator's link, a file, a record, a scan that is read and found by a word on it, the trail."""
    assert first_link.startswith("http://127.0.0.1:8080/setup?token=")
    word = f"HT{uuid4().int % 10**8:08}"
    record = add(hr, file_no, "投诉处理技巧")
    eventually(lambda: found(hr, "records", "投诉處理"), 60)
    scan = upload(hr, record, ["劳动合同书", f"合同编号 {word}", "甲方：长青客户服务有限公司"])
    eventually(lambda: hr.ask("GET", f"/api/v1/scans/{scan}")[1]["state"] == "searchable", 120)
    eventually(lambda: found(hr, "pages", word) == 1, 60)
    page = hr.ask("GET", f"/api/v1/scans/{scan}/pages/1")[1]
    assert word in page["text"]
    assert list(verify(archive.audit.trail)) == []


def test_health_checks_see_each_part(parts: Cluster, hr: Running) -> None:
    """The health check of each of our containers, as the file says it, ends well."""
    for name in OURS[1:]:
        _, program, *words = SERVICES[name]["healthcheck"]["test"]
        assert program == "dangan"
        eventually(lambda name=name, words=words: parts.run(name, *words).returncode == 0, 60)


@pytest.mark.parametrize(
    "part", ["web worker", "indexer-1", "scanner_ingest-1", "timer-1", "elasticsearch", "store", "service-1"]
)
def test_one_kill_of_each_part(parts: Cluster, hr: Running, file_no: str, archive: Archive, part: str) -> None:
    """kill -9: what was answered before is there, what is saved afterwards is found, nothing is doubled."""
    before, after = (f"课程{uuid4().hex[:12]}" for _ in range(2))
    kept = add(hr, file_no, before)
    parts.kill(part)
    add(hr, file_no, after)
    eventually(lambda: found(hr, "records", after), 90)
    assert (found(hr, "records", before), found(hr, "records", after)) == (1, 1)
    assert hr.ask("GET", f"/api/v1/records/{kept}")[0] == 200
    eventually(lambda: indexed(archive) == stored(archive), 30)
    assert list(verify(archive.audit.trail)) == []
