"""The day's mails: numbers alone, once a day to each, and none that keeps the others from being sent."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from service import timer
from service.bootstrap import Archive
from service.casework.repository import Kept
from service.clock import SetClock
from service.config import Settings
from service.desk.digest import Digest
from service.errors import Invalid
from service.notices.mail import Addresses, Mailer
from service.store.connection import Transaction
from service.store.embedded import free_port
from service.store.turns import Turns
from tests.cast import CAST
from tests.desk.conftest import Errand


class Box:
    """A mail server's box."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], str]] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if "spam" in envelope.rcpt_tos[0]:
            return "554 5.7.1 refused for good"
        self.letters.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    """A real SMTP server in this process, of those that take addresses in ASCII alone."""
    kept, port = Box(), free_port()
    server = Controller(kept, hostname="127.0.0.1", port=port, enable_SMTPUTF8=False)
    server.start()
    yield kept, port
    server.stop()


def digest(archive: Archive, settings: Settings, port: int) -> Digest:
    mailing = settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"})
    return Digest(
        archive.store, archive.work, archive.people, Addresses(archive.store, archive.keys), Mailer(mailing),
        archive.audit, archive.clock, "https://dangan.example",
    )  # fmt: skip


def said(letter: str) -> str:
    """Subject and text of a letter as its reader sees them."""
    read = message_from_bytes(letter.encode(), policy=default)
    return f"{read['Subject']}\n{read.get_content()}"


def test_one_mail_a_day_with_numbers_alone(
    archive: Archive, settings: Settings, asked: Kept[Errand], box: tuple[Box, int], set_clock: SetClock
) -> None:
    """Who gave an address and has something waiting gets a mail a day in their language, without a name or number."""
    kept, port = box
    mails = digest(archive, settings, port)
    mails.keep_address(CAST["head"], "head@example.com", "zh")
    mails.keep_address(CAST["head2"], "head2@example.com", "zh")
    assert [mails.send(), mails.send()] == [1, 0]
    ((to, letter),) = kept.letters
    assert to == ["head@example.com"]
    assert "https://dangan.example/work" in letter.replace("=\n", "")
    assert asked.case.files[0] not in letter
    assert "等您办理：1 件" in said(letter)
    set_clock.advance(timedelta(days=1))
    mails.keep_address(CAST["head"], "head@example.com", "en")
    assert mails.send() == 1
    assert "Waiting for you: 1" in said(kept.letters[-1][1])
    set_clock.advance(timedelta(days=1))
    mails.keep_address(CAST["head"], "", "zh")
    assert mails.send() == 0


def test_a_mail_server_that_is_away_is_tried_again(
    archive: Archive, settings: Settings, asked: Kept[Errand], box: tuple[Box, int], set_clock: SetClock
) -> None:
    """Nothing is lost while the server does not answer, and nobody is written to in the night."""
    kept, port = box
    digest(archive, settings, port).keep_address(CAST["head"], "head@example.com", "zh")
    assert digest(archive, settings, free_port()).send() == 0
    assert digest(archive, settings, port).send() == 1
    set_clock.advance(timedelta(hours=16))  # one o'clock in the morning
    assert digest(archive, settings, port).send() == 0
    assert len(kept.letters) == 1


@pytest.mark.parametrize(
    "address",
    [
        "head",
        "head@example",
        "a@b.cn, c@d.cn",
        "<a@b.cn>",
        "@b.cn",
        "a@[b.c",
        "张三@例子.cn",
        "a b@c.cn",
        "a@b..cn",
        "a@b.",
    ],
)
def test_an_address_is_one_that_mail_can_go_to(archive: Archive, address: str) -> None:
    """What is no address is refused by its field."""
    with pytest.raises(Invalid) as refused:
        archive.digest.keep_address(CAST["head"], address, "zh")
    assert [fault.name for fault in refused.value.fields] == ["address"]


def test_an_address_lies_sealed(archive: Archive) -> None:
    """It does not stand in the store in clear."""
    archive.digest.keep_address(CAST["head"], "wumin@example.com", "zh")
    assert archive.digest.address(CAST["head"]) == "wumin@example.com"
    assert "wumin" not in str(archive.store.collection("mail_addresses").find_one())


def keep_unchecked(archive: Archive, account: str, address: str) -> None:
    """An address of before they were looked at closely."""
    sealed = archive.keys.system.seal(f"mail_addresses/{account}", address)
    archive.store.collection("mail_addresses").insert_one({"_id": account, "address": sealed, "language": "zh"})


def test_no_address_keeps_the_others_from_their_mail(
    archive: Archive, settings: Settings, box: tuple[Box, int], set_clock: SetClock
) -> None:
    """Of five letters three can reach nobody: two were never addresses, one is refused for good. The rest is sent."""
    kept, port = box
    addresses = {
        "clerk": "clerk@example.com", "head": "a@[b.c", "head2": "张三@例子.cn", "hr": "spam@example.com",
        "archivist": "archivist@example.com",
    }  # fmt: skip
    for account, address in addresses.items():
        keep_unchecked(archive, account, address)
        number = archive.notices.number(account)

        def tell(tx: Transaction, account: str = account, number: int = number) -> None:
            archive.notices.tell(tx, account, number, "errands", "x", "sign")

        archive.store.transact(tell)
    mails = digest(archive, settings, port)
    assert [mails.send(), mails.send()] == [5, 0]
    assert sorted(to for (to,), _ in kept.letters) == ["archivist@example.com", "clerk@example.com"]


def test_who_had_the_days_mail_is_asked_about_no_more(
    archive: Archive, settings: Settings, asked: Kept[Errand], box: tuple[Box, int]
) -> None:
    """A timer that comes every ten minutes does not look through the same queues all day."""
    _, port = box
    mails = digest(archive, settings, port)
    mails.keep_address(CAST["head"], "head@example.com", "zh")
    assert mails.send() == 1
    asked_of: list[str] = []
    real = archive.work.of
    archive.work.of = lambda person, most=0: asked_of.append(person.account) or real(person, most)
    assert mails.send() == 0
    assert asked_of == []


class Broken(Exception):
    """What nobody thought of."""


def test_a_job_that_fails_keeps_no_other_from_its_turn(archive: Archive, set_clock: SetClock) -> None:
    """The timer tells its log and goes on with the next; and a clock that was once set ahead stops no job for long."""
    done: list[str] = []

    def fail() -> None:
        done.append("fails")
        raise Broken

    hour, turns = timedelta(hours=1), Turns(archive.store, set_clock)
    jobs = [("fails", hour, fail), ("digest", hour, lambda: done.append("digest"))]
    for moved in (timedelta(), timedelta(minutes=5), timedelta(days=300), timedelta(days=-299)):
        set_clock.advance(moved)
        timer.turn(jobs, turns)
    assert done == ["fails", "digest"] * 3
