"""Behind a proxy of ours: who is told where somebody comes from, and who is not believed."""

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.bootstrap import Archive
from service.doctor import behind
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD

HR = {"username": "hr", "password": PASSWORD}


@pytest.fixture
def archive(archive: Archive) -> Archive:
    archive.accounts.create(SYSTEM, "hr", "孙丽", CAST["hr"].role, PASSWORD, "hr")
    return archive


def through(archive: Archive, proxies: int) -> FlaskClient:
    archive.settings.trusted_proxies = proxies
    return create_app(archive).test_client()


@pytest.mark.parametrize(("proxies", "origin"), [(0, "127.0.0.1"), (1, "10.1.0.7"), (2, "203.0.113.9")])
def test_where_somebody_comes_from(archive: Archive, proxies: int, origin: str) -> None:
    """With so many proxies the address is the one that the outermost of them saw; what was sent before is not believed,
    and without any nothing is."""
    client = through(archive, proxies)
    sent = {"X-Forwarded-For": "192.0.2.1, 203.0.113.9, 10.1.0.7"}
    assert client.post("/api/v1/session", json=HR, headers=sent).status_code == 200
    events = archive.administration.trail(CAST["auditor"], account="hr")[0]
    assert {event.origin for event in events} == {origin}


def test_colleagues_do_not_share_the_limit_of_one_address(archive: Archive) -> None:
    """Behind the proxy one person's many tries shut nobody else out, though all come through it."""
    archive.settings.logins_per_minute = 3
    client = through(archive, 1)

    def answers(address: str, count: int) -> list[int]:
        sent = {"X-Forwarded-For": address}
        tries = [{**HR, "username": f"nobody{n}"} for n in range(count)]  # each with its own waits
        return [client.post("/api/v1/session", json=one, headers=sent).status_code for one in tries]

    assert answers("10.1.0.7", 4) == [401, 401, 401, 429]
    assert answers("10.1.0.8", 1) == [401]


def test_the_doctor_asks_about_the_proxy(archive: Archive) -> None:
    """Who gives an address with TLS and no proxy is told what to set."""
    settings = archive.settings.model_copy(update={"public_url": "https://dangan.example"})
    assert [("DANGAN_TRUSTED_PROXIES" in line) for line in behind(settings)] == [True]
    assert list(behind(settings.model_copy(update={"trusted_proxies": 1}))) == list(behind(archive.settings)) == []
