"""`dangan user`: the way in when no administrator can log in."""

import pytest
from click.testing import CliRunner

from service.bootstrap import Archive
from service.cli import cli
from service.errors import TooManyRequests, Unauthenticated
from service.person import SYSTEM, Role
from service.store.embedded import EmbeddedStore
from tests.cast import PASSWORD


def test_accounts_are_kept_from_the_command_line(archive: Archive, server: EmbeddedStore) -> None:
    """An account is made, reset, shut and opened; its passwords are shown once, and what is wrong is said."""
    environment = {
        "DANGAN_DATA": str(archive.settings.data), "DANGAN_MONGODB_URI": server.running.uri,
        "DANGAN_MONGODB_DATABASE": archive.store.db.name, "DANGAN_MASTER_KEY": str(archive.settings.master_key_file),
    }  # fmt: skip

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["user", *words], env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    archive.accounts.create(SYSTEM, "admin", "陈工", Role.ADMIN, PASSWORD)
    code, said = run("add", "clerk", "--name", "周文", "--role", "clerk", "--department", "north")
    assert code == 0
    first = said.strip().removeprefix("clerk: ")
    assert archive.accounts.log_in("clerk", first, "")[1].department == "north"
    assert run("add", "head", "--name", "吴敏", "--role", "head")[0] == 1
    assert run("list")[1].splitlines() == ["clerk\tclerk\tnorth\topen", "admin\tadmin\t-\topen"]
    second = run("reset", "admin")[1].strip().removeprefix("admin: ")
    with pytest.raises(Unauthenticated):
        archive.accounts.log_in("admin", PASSWORD, "")
    for _ in range(3):
        with pytest.raises((Unauthenticated, TooManyRequests)):
            archive.accounts.log_in("admin", "wrong-password", "")
    assert run("open", "admin")[0] == 0
    assert archive.accounts.log_in("admin", second, "")[1].role is Role.ADMIN
    assert run("shut", "clerk")[0] == 0
    with pytest.raises(Unauthenticated):
        archive.accounts.log_in("clerk", first, "")
    assert run("reset", "nobody")[0] == 1
