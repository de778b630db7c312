"""Accounts and sessions on the real store."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.access.gate import Gate
from service.access.operations import AccountOperations
from service.access.passes import Passes
from service.access.pledges import Pledges
from service.access.policy import Action, Subject
from service.access.repository import INDEXES, Accounts, Sessions
from service.app import create_app
from service.audit.trail import Audit, account_chain
from service.bootstrap import Archive
from service.catalogue.model import Catalogue
from service.catalogue.repository import PolicySettings
from service.clock import Clock, SetClock, SystemClock
from service.errors import Conflict, Forbidden, Invalid, NotFound, TooManyRequests, Unauthenticated
from service.person import SYSTEM, Role
from service.store.connection import Store
from service.store.keys import Keyring
from service.web.identity import UNATTENDED
from tests.cast import CAST, PASSWORD


@pytest.fixture
def clock(request: pytest.FixtureRequest, clock: SystemClock) -> Clock:
    """The clock that the test sets, where it does."""
    return request.getfixturevalue("set_clock") if "set_clock" in request.fixturenames else clock


@pytest.fixture
def accounts(store: Store, keys: Keyring, set_clock: SetClock) -> AccountOperations:
    store.create_indexes(dict(INDEXES))
    audit = Audit(store, set_clock)
    made = AccountOperations(
        store, Accounts(store, keys), Sessions(store), audit, Gate(audit), set_clock,
        PolicySettings(store, Catalogue.load()), Passes(store, set_clock, Pledges(store)),
    )  # fmt: skip
    made.create(SYSTEM, "clerk", "周文", Role.CLERK, PASSWORD, "north")
    return made


def test_logging_in_and_out(accounts: AccountOperations) -> None:
    """The right password begins a session that knows the person, and logging out ends it."""
    token, person = accounts.log_in("clerk", PASSWORD, "127.0.0.1")
    assert (person.account, person.role, person.department) == ("clerk", Role.CLERK, "north")
    assert accounts.person(token, "") is not None
    accounts.log_out(person, token)
    assert accounts.person(token, "") is None


def test_failures_shut_the_account_for_growing_times(accounts: AccountOperations, set_clock: SetClock) -> None:
    """After three failures one waits, longer each time, and even the right password does not open."""
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            accounts.log_in("clerk", "wrong-password", "")
    waits = []
    for _ in range(3):
        with pytest.raises(TooManyRequests) as shut:
            accounts.log_in("clerk", PASSWORD, "")
        waits.append(shut.value.retry_after)
        set_clock.advance(timedelta(seconds=shut.value.retry_after))
        with pytest.raises(Unauthenticated):
            accounts.log_in("clerk", "wrong-password", "")
    assert waits == sorted(set(waits))
    set_clock.advance(timedelta(minutes=16))
    assert accounts.log_in("clerk", PASSWORD, "")


def test_tries_at_once_are_all_counted(accounts: AccountOperations) -> None:
    """Eight wrong passwords at the same moment count as eight, so that nobody guesses side by side."""

    def guess(_: int) -> None:
        with contextlib.suppress(Unauthenticated, TooManyRequests):
            accounts.log_in("clerk", "wrong-password", "")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(8)))
    assert accounts._accounts.get("clerk").failures == 8


def test_an_unknown_account_is_shut_alike(accounts: AccountOperations, set_clock: SetClock) -> None:
    """Whoever tries names cannot tell by the waits which of them somebody has."""

    def answers(name: str) -> list[tuple[str, int]]:
        said = []
        for _ in range(9):
            with pytest.raises((Unauthenticated, TooManyRequests)) as refused:
                accounts.log_in(name, "wrong-password", "")
            said.append((refused.typename, getattr(refused.value, "retry_after", 0)))
            set_clock.advance(timedelta(milliseconds=700))
        return said

    known = answers("clerk")
    assert ("TooManyRequests", 1) in known
    assert answers("nobody-here") == known


def test_an_unknown_account_is_answered_alike(accounts: AccountOperations) -> None:
    """Whether an account exists cannot be told from the answer."""
    with pytest.raises(Unauthenticated) as unknown:
        accounts.log_in("nobody", PASSWORD, "")
    with pytest.raises(Unauthenticated) as wrong:
        accounts.log_in("clerk", "wrong-password", "")
    assert unknown.value.message == wrong.value.message


def test_an_idle_session_ends(accounts: AccountOperations, set_clock: SetClock) -> None:
    """A session lives while it is used, and ends after the idle time of the settings."""
    token, _ = accounts.log_in("clerk", PASSWORD, "")
    for _ in range(3):
        set_clock.advance(timedelta(minutes=20))
        assert accounts.person(token, "") is not None
    set_clock.advance(timedelta(minutes=31))
    assert accounts.person(token, "") is None


def test_a_page_that_asks_by_itself_keeps_no_session(archive: Archive, set_clock: SetClock) -> None:
    """What a page asks again and again, and says so, lets an idle session end; what a person asks does not."""
    archive.accounts.create(SYSTEM, "hr", "孙丽", Role.HR, PASSWORD, "hr")
    client = create_app(archive).test_client()

    def ends(**headers: str) -> bool:
        token = client.post("/api/v1/session", json={"username": "hr", "password": PASSWORD}).json["token"]
        sent = {"Authorization": f"Bearer {token}", **headers}
        for _ in range(8):
            answer = client.get("/api/v1/scans/unread", headers=sent)
            set_clock.advance(timedelta(minutes=10))
        return answer.status_code == 401

    assert ends(**{UNATTENDED: "1"})
    assert not ends()


def test_a_changed_password_ends_every_session(accounts: AccountOperations) -> None:
    """Changing the password ends all sessions; the old one no longer works."""
    token, person = accounts.log_in("clerk", PASSWORD, "")
    accounts.change_password(person, PASSWORD, "一个新的长密码-2026")
    assert accounts.person(token, "") is None
    with pytest.raises(Unauthenticated):
        accounts.log_in("clerk", PASSWORD, "")
    assert accounts.log_in("clerk", "一个新的长密码-2026", "")


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "clerk-2026-x", "1234567890ab"])
def test_easy_passwords_are_refused(accounts: AccountOperations, password: str) -> None:
    """Short, monotonous, common or name-bearing passwords are refused with the mend."""
    _, person = accounts.log_in("clerk", PASSWORD, "")
    with pytest.raises(Invalid):
        accounts.change_password(person, PASSWORD, password)


def test_only_administrators_make_accounts(accounts: AccountOperations) -> None:
    """Everyone but the administrator is refused, and the refusal is an event."""
    with pytest.raises(Forbidden):
        accounts.create(CAST["clerk"], "x", "某人", Role.HR, "一个新的长密码-2026")
    accounts.create(CAST["admin"], "x", "某人", Role.HR, "一个新的长密码-2026")
    with pytest.raises(Invalid):
        accounts.create(CAST["admin"], "x", "某人", Role.HR, "一个新的长密码-2026")


def test_the_first_administrator_is_made_by_a_link_that_works_once(
    store: Store, keys: Keyring, set_clock: SetClock, audit: Audit
) -> None:
    """An empty archive offers a link; the newest works, once, and none is offered when somebody has an account."""
    empty = AccountOperations(
        store, Accounts(store, keys), Sessions(store), audit, Gate(audit), set_clock,
        PolicySettings(store, Catalogue.load()), Passes(store, set_clock, Pledges(store)),
    )  # fmt: skip
    old, link = empty.offer_setup(), empty.offer_setup()
    for wrong in (old, "guess"):
        with pytest.raises(NotFound):
            empty.set_up(wrong, "chief", "陈工", "一个新的长密码-2026")
    with pytest.raises(Invalid):
        empty.set_up(link, "chief", "陈工", "short")
    empty.set_up(link, "chief", "陈工", "一个新的长密码-2026")
    assert empty.log_in("chief", "一个新的长密码-2026", "")[1].role is Role.ADMIN
    with pytest.raises(NotFound):
        empty.set_up(link, "second", "某人", "一个新的长密码-2026")
    assert empty.offer_setup() is None


def test_a_refusal_is_an_event(store: Store, audit: Audit) -> None:
    """Whoever is turned away leaves an event on their own chain."""
    with pytest.raises(NotFound):
        Gate(audit).require(CAST["admin"], Action.READ_FILE, Subject("KF-1", "north"))
    assert [event.action for event in audit.trail.chain(account_chain("admin"))] == ["refused"]


def test_names_and_tokens_are_not_readable_in_the_store(accounts: AccountOperations, store: Store) -> None:
    """Neither a name nor a session's token stands in the database in clear."""
    token, _ = accounts.log_in("clerk", PASSWORD, "")
    everything = b"".join(raw.raw for raw in _raw(store))
    assert "周文".encode() not in everything
    assert token.encode() not in everything


def _raw(store: Store):
    from bson.raw_bson import RawBSONDocument

    options = store.db.codec_options.with_options(document_class=RawBSONDocument)
    for name in store.db.list_collection_names():
        yield from store.db.get_collection(name, codec_options=options).find()


def test_an_account_is_changed_and_it_holds_at_once(accounts: AccountOperations) -> None:
    """A new role and department hold in the sessions that run; a lost race, one's own role and odd places do not."""
    admin = CAST["admin"]
    accounts.create(SYSTEM, "admin", "陈工", Role.ADMIN, PASSWORD)
    accounts.put_department(SYSTEM, "south", "南方客服部")
    token, _ = accounts.log_in("clerk", PASSWORD, "")
    version = accounts.get(admin, "clerk").version
    accounts.change(admin, "clerk", version, "周文文", Role.HEAD, "south")
    person = accounts.person(token, "")
    assert (person.name, person.role, person.department) == ("周文文", Role.HEAD, "south")
    with pytest.raises(Conflict):
        accounts.change(admin, "clerk", version, "周文", Role.CLERK, "south")
    for name, role, place in (("clerk", Role.CLERK, None), ("clerk", Role.HR, "moon"), ("admin", Role.HR, "south")):
        with pytest.raises(Invalid):
            accounts.change(admin, name, 2, "某人", role, place)
    with pytest.raises(Forbidden):
        accounts.change(CAST["hr"], "clerk", 2, "周文", Role.CLERK, "south")


def test_the_one_time_link_makes_one_administrator(archive: Archive) -> None:
    """Of four who use it at once one gets in, the others are told; who is refused first may try again with it."""
    accounts = archive.accounts
    token = accounts.offer_setup()
    assert token is not None
    with pytest.raises(Invalid):
        accounts.set_up(token, "中文", "甲", "一个新的长密码-2026")
    assert not accounts.exist()

    def take(n: int) -> bool:
        try:
            accounts.set_up(token, f"chief{n}", "甲", "一个新的长密码-2026")
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == [False, False, False, True]
    assert len(list(archive.people.each())) == 1


def test_a_set_up_that_is_cut_off_leaves_the_link(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first account is not kept, neither is it noted that there is one, and the link still works."""
    accounts = archive.accounts
    token = accounts.offer_setup()
    assert token is not None

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(accounts._audit, "append", cut)
        with pytest.raises(KeyboardInterrupt):
            accounts.set_up(token, "chief", "甲", "一个新的长密码-2026")
    assert not accounts.exist()
    accounts.set_up(token, "chief", "甲", "一个新的长密码-2026")
    assert accounts.exist()
