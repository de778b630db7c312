"""Chinese first, English second: who gets which, and that nothing of it is broken."""

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.bootstrap import Archive
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    for name in ("hr", "admin"):
        person = CAST[name]
        archive.accounts.create(SYSTEM, name, person.name, person.role, PASSWORD, person.department)
    return create_app(archive).test_client()


def choose(client: FlaskClient, language: str, back: str = "/login") -> str:
    token = client.get("/login", follow_redirects=True).text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/language", data={"language": language, "back": back, "csrf_token": token})
    return str(answer.headers["Location"])


@pytest.mark.parametrize(
    ("asked", "language"),
    [("", "zh-CN"), ("en-US,en;q=0.9", "en"), ("en-US,zh-CN;q=0.8", "zh-CN"), ("fr", "zh-CN"), ("zh-TW", "zh-CN")],
)
def test_a_browser_is_answered_in_chinese_unless_it_asks_for_english_alone(
    client: FlaskClient, asked: str, language: str
) -> None:
    """Before a person chose, what their browser asks for is a first guess, and Chinese the rest."""
    page = client.get("/login", headers={"Accept-Language": asked} if asked else {})
    assert f'<html lang="{language}">' in page.text


def test_a_choice_is_kept_over_the_log_in(client: FlaskClient) -> None:
    """Who chose a language keeps it, whatever the browser asks for, before and after logging in."""
    assert choose(client, "en") == "/login"
    page = client.get("/login", headers={"Accept-Language": "zh-CN"}).text
    assert ">Log in<" in page
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    wrong = client.post("/login", data={"account": "hr", "password": "no", "csrf_token": token})
    assert "is not right" in wrong.text
    client.post("/login", data={"account": "hr", "password": PASSWORD, "csrf_token": token})
    assert '<html lang="en">' in client.get("/").text
    choose(client, "zh")
    assert '<html lang="zh-CN">' in client.get("/", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize("back", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"])
def test_the_switch_leads_nowhere_else(client: FlaskClient, back: str) -> None:
    """The way back after choosing stays in the archive."""
    assert choose(client, "en", back) == "/"


def test_faults_name_the_field_in_the_reader_s_language(client: FlaskClient) -> None:
    """A fault's sentence and the catalogue's label in it come in one language."""
    given = {"name": "李", "department": "north", "post": "客服", "hire_date": "2020-02-31"}
    token = client.post("/api/v1/session", json={"username": "hr", "password": PASSWORD, "purpose": "appraisal"}).json[
        "token"
    ]
    head = {"Authorization": f"Bearer {token}"}
    chinese = client.post("/api/v1/files", json=given, headers=head).json["errors"][0]["message"]
    english = client.post("/api/v1/files", json=given, headers={**head, "Accept-Language": "en"}).json["errors"][0]
    assert chinese == "入职时间：没有这一天：请按 2021-03-01 的格式填写"
    assert english["message"] == "Hire date: there is no such day: write it as 2021-03-01"
