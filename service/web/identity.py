"""Who is acting: flask-login over our own sessions, by the page's cookie or a bearer token."""

from dataclasses import replace
from typing import Any

from flask import Flask, Request, g, request, session
from flask_login import LoginManager, UserMixin, current_user

from service.access.operations import AccountOperations
from service.errors import Unauthenticated
from service.person import Person
from service.web.language import language

COOKIE_KEY = "token"
UNATTENDED = "X-Unattended"
"""Sent with what a page asks by itself while nobody may be there: it keeps no session from ending."""


class User(UserMixin):  # type: ignore[misc]
    """flask-login's view of a person."""

    def __init__(self, person: Person, token: str) -> None:
        self.person, self.token = person, token

    def get_id(self) -> str:
        return self.token


def bearer(incoming: Request) -> str | None:
    """The token of an `Authorization: Bearer` header."""
    kind, _, token = incoming.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def install(app: Flask, accounts: AccountOperations, open_to_all: frozenset[str]) -> None:
    """Set up flask-login; a session that has ended is nobody. Only the named endpoints are open to nobody."""
    manager = LoginManager(app)
    manager.session_protection = None  # our sessions are random tokens kept on the server

    @manager.request_loader  # type: ignore[untyped-decorator, unused-ignore]
    def load(incoming: Request) -> User | None:
        if g.get("nobody"):
            return None
        token = bearer(incoming) or session.get(COOKIE_KEY)
        used = UNATTENDED not in incoming.headers
        person = accounts.person(str(token), incoming.remote_addr or "", used=used) if token else None
        return User(replace(person, language=language()), str(token)) if person else None

    @manager.user_loader  # type: ignore[untyped-decorator, unused-ignore]
    def never(_user_id: str) -> User | None:
        return None

    @app.before_request
    def known_people_only() -> None:
        if request.endpoint is not None and request.endpoint not in open_to_all:
            current_person()


def current_person() -> Person:
    """The person of this request. Raises Unauthenticated when nobody is logged in."""
    user: Any = current_user
    if not user.is_authenticated:
        raise Unauthenticated
    person: Person = user.person
    return person


def forget() -> None:
    """For the rest of this request nobody is logged in, and nobody is looked up."""
    g.nobody = True
    g.pop("_login_user", None)  # flask-login remembers whom it has found


def current_token() -> str:
    user: Any = current_user
    return str(user.token)


def request_id() -> str:
    return str(g.get("request_id", ""))
