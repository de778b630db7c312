"""`dangan user`: accounts, for whoever runs the server. Its acts are the system's own in the trail."""

import secrets
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from service.config import Settings
from service.person import SYSTEM, Role
from service.plain import plain_words

if TYPE_CHECKING:
    from service.bootstrap import Archive


def _opened() -> AbstractContextManager["Archive"]:
    from service.bootstrap import opened

    return opened(Settings())


@click.group()
def user() -> None:
    """Accounts, for whoever runs the server: when no administrator can log in."""


@user.command(name="list")
@plain_words
def user_list() -> None:
    """Every account: its role, department, and whether it is shut."""
    with _opened() as archive:
        below: int | None = None
        while True:
            found, below = archive.accounts.list(SYSTEM, below)
            for one in found:
                click.echo(f"{one.account}\t{one.role}\t{one.department or '-'}\t{'open' if one.active else 'shut'}")
            if below is None:
                return


@user.command(name="add")
@click.argument("account")
@click.option("--name", required=True, help="What the person is called.")
@click.option("--role", required=True, type=click.Choice([one.value for one in Role if one is not Role.SYSTEM]))
@click.option("--department", help="The department's code.")
@click.option("--file-no", help="The number of an agent's own file.")
@plain_words
def user_add(account: str, name: str, role: str, department: str | None, file_no: str | None) -> None:
    """A new account with a password that is shown once."""
    with _opened() as archive:
        archive.accounts.create(SYSTEM, account, name, Role(role), secrets.token_urlsafe(12), department, file_no)
        click.echo(f"{account}: {archive.accounts.reset_password(SYSTEM, account)}")


@user.command(name="reset")
@click.argument("account")
@plain_words
def user_reset(account: str) -> None:
    """A new password, shown once; every session of the account ends."""
    with _opened() as archive:
        click.echo(f"{account}: {archive.accounts.reset_password(SYSTEM, account)}")


@user.command(name="shut")
@click.argument("account")
@plain_words
def user_shut(account: str) -> None:
    """Shut an account; every session of it ends."""
    with _opened() as archive:
        archive.accounts.set_active(SYSTEM, account, False)


@user.command(name="open")
@click.argument("account")
@plain_words
def user_open(account: str) -> None:
    """Open an account again, also one that waits after wrong passwords."""
    with _opened() as archive:
        archive.accounts.set_active(SYSTEM, account, True)
