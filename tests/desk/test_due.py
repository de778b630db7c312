"""What falls due is told exactly once, whatever happens to the timers (L5, M1); and the day's mails."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from service.bootstrap import Archive
from service.casework.operations import Kind
from service.casework.repository import Kept
from service.clock import SetClock
from service.config import Settings
from service.desk.digest import Digest
from service.errors import Invalid
from service.files.rules import File
from service.notices.mail import Addresses, Mailer
from service.store.embedded import free_port
from tests.cast import CAST
from tests.desk.conftest import Errand, ask, due
from tests.workflow.test_engine import Event, State


def told(archive: Archive, *names: str) -> Counter[tuple[str, str]]:
    """How often each of the people was told of which event."""
    return Counter((name, one.event) for name in names for one in archive.notices.of(name))


def test_a_reminder_before_the_day_and_one_after_it(archive: Archive, asked: Kept[Errand], set_clock: SetClock) -> None:
    """The head whose step it is hears of it a day before and a day after, each once; nobody else does."""
    said = []
    for _ in range(10):  # from the 2nd to the 11th
        said.append(archive.due.tell() + archive.due.tell())
        set_clock.advance(timedelta(days=1))
    assert said == [0, 0, 0, 0, 0, 0, 1, 0, 1, 0]
    assert told(archive, "head", "head2", "clerk") == {("head", "soon"): 1, ("head", "overdue"): 1}


def test_after_a_night_without_power_what_was_missed_is_told_once(
    archive: Archive, asked: Kept[Errand], set_clock: SetClock
) -> None:
    """No timer ran for a month: the overdue case is told, the reminder that came too late is not."""
    set_clock.advance(timedelta(days=30))
    assert [archive.due.tell(), archive.due.tell()] == [1, 0]
    assert told(archive, "head") == {("head", "overdue"): 1}


def test_two_timers_tell_once(
    archive: Archive, kind: Kind[Errand, State, Event], file: File, set_clock: SetClock
) -> None:
    """Eight cases and four timers at the same moment: eight notices."""
    for _ in range(8):
        ask(archive, kind, file, date(2026, 3, 3))
    set_clock.advance(timedelta(days=3))
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: due(archive).tell(), range(4)))
    assert sum(counts) == 8
    assert told(archive, "head") == {("head", "overdue"): 8}


class PowerCut(Exception):
    """What ends a timer in the middle of its work."""


def test_a_timer_that_dies_on_its_way_leaves_the_rest_to_the_next(
    archive: Archive, kind: Kind[Errand, State, Event], file: File, set_clock: SetClock
) -> None:
    """The first dies between its notice and its commit on the third case: that notice is not there, and comes later."""
    for _ in range(5):
        ask(archive, kind, file, date(2026, 3, 3))
    set_clock.advance(timedelta(days=3))
    dying = due(archive)
    real, calls = dying._notices.tell, []

    def tell(*given: object) -> None:
        real(*given)
        calls.append(given)
        if len(calls) == 3:
            raise PowerCut

    archive.notices.tell = tell
    with pytest.raises(PowerCut):
        dying.tell()
    archive.notices.tell = real
    assert told(archive, "head") == {("head", "overdue"): 2}
    assert due(archive).tell() == 3
    assert told(archive, "head") == {("head", "overdue"): 5}


class Box:
    """A mail server's box."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], str]] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    """A real SMTP server in this process."""
    kept, port = Box(), free_port()
    server = Controller(kept, hostname="127.0.0.1", port=port)
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


@pytest.mark.parametrize("address", ["head", "head@example", "a@b.cn, c@d.cn", "<a@b.cn>", "@b.cn"])
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
