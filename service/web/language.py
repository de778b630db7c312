"""The language of an answer: Chinese source texts, English from a catalogue kept as text. No word is written here.

A message is its own key, in Chinese. `spoken` says whatever carries one: an error, a field's fault, a label of the
catalogue, a plain text. What people typed is never translated.
"""

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Blueprint, Flask, g, has_request_context, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, Domain, gettext

from service.errors import DanganError, FieldError, Sentence

LANGUAGES = {"zh": "中文", "en": "English"}
PRODUCT = {"zh": "档案", "en": "Dangan"}
_COOKIE, _YEAR = "language", 365 * 24 * 3600
ENGLISH = Path(__file__).parents[1] / "translations" / "en" / "LC_MESSAGES" / "messages.po"


@lru_cache(maxsize=1)
def _english() -> GNUTranslations:
    """The catalogue, compiled in memory: no binary lies in the repository or the wheel."""
    compiled = BytesIO()
    with ENGLISH.open("rb") as source:
        write_mo(compiled, read_po(source, locale="en"))
    compiled.seek(0)
    return Translations(compiled)


_CHINESE = Translations()  # as it is written


class _Domain(Domain):  # type: ignore[misc, unused-ignore]
    def get_translations(self) -> NullTranslations:
        return _english() if language() == "en" else _CHINESE


class _Babel(Babel):  # type: ignore[misc, unused-ignore]
    domain_instance = _Domain()


def language() -> str:
    """`zh` or `en`, as the person chose; before that, English for a browser that asks for it and not for Chinese."""
    if not has_request_context():
        return "zh"
    if "language" not in g:
        chosen = request.cookies.get(_COOKIE, "")
        asked = [code.partition("-")[0].lower() for code in request.accept_languages.values()]
        guess = "en" if "en" in asked and "zh" not in asked else "zh"
        g.language = chosen if chosen in LANGUAGES else guess
    return str(g.language)


def spoken(thing: Any) -> str:
    """What a person reads of `thing`, in their language."""
    if isinstance(thing, DanganError | FieldError | Sentence):
        values = {name: spoken(value) for name, value in thing.values.items()}
        text: str = gettext(thing.message)
        return text % values if values else text
    if hasattr(thing, "label"):
        return str(thing.label(language()))
    return gettext(thing) if isinstance(thing, str) and thing else str(thing)


def written(to: str, text: str) -> str:
    """A text in the language `to`, for what is written to somebody who is not asking just now."""
    return _english().gettext(text) if to == "en" else text


def install(app: Flask) -> None:
    """Set up Flask-Babel, and what templates ask it: `language()`, the filters `label` and `words`."""
    _Babel(app, default_locale="zh_Hans_CN", locale_selector=lambda: "en" if language() == "en" else "zh_Hans_CN")
    app.jinja_env.globals.update(language=language, languages=LANGUAGES, product=lambda: PRODUCT[language()])
    app.jinja_env.filters.update(label=spoken, words=spoken)


def blueprint() -> Blueprint:
    pages = Blueprint("language", __name__)

    @pages.post("/language")
    def choose() -> ResponseReturnValue:
        """Keep the choice with the browser, and go back to the page where it was made."""
        back = request.form.get("back", "/")
        answer = redirect(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")
        wanted = request.form.get("language", "")
        if wanted in LANGUAGES:
            answer.set_cookie(_COOKIE, wanted, max_age=_YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
        return answer

    return pages
