"""Every Chinese text that a person may read: literals of templates and code, for the English catalogue.

A text is a message wherever it stands, so that none is forgotten: states, names of acts and errors are translated where
they are shown. Left out are docstrings, patterns, and what is data and not interface. `make messages` brings the
catalogue up to date.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from service.catalogue.model import Catalogue
from service.web.language import ENGLISH

ROOT = Path(__file__).parents[2]
_SIGN = re.compile(r"[\u3400-\u9fff]")
HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
PROGRAMS = ("service", "indexer", "scanner_ingest")
DATA = (
    "service/demo/", "service/bench/", "service/fulltext/", "service/cli.py", "service/catalogue/numbering.py",
    "service/web/language.py", "service/intake/command.py", "service/places/wording.py",
)  # fmt: skip
"""Invented people and papers, tables of signs, what a terminal says, and what is printed on labels."""


def _read(text: str) -> bool:
    """Whether a literal is read by a person: it has words, or places with Chinese signs between them."""
    return bool(_SIGN.search(text) or ("%(" in text and HAN.search(text)))


def of_template(source: str) -> tuple[list[str], list[str]]:
    """A template's texts, and those that stand outside of `_()`, which nobody can translate."""
    found, bare = [], []
    for _line, kind, text in Environment().lex(source):
        if kind == "string" and HAN.search(text):
            found.append(ast.literal_eval(text))
        if kind == "data" and HAN.search(text):
            bare.append(text.strip())
    return found, bare


def of_code(source: str) -> tuple[list[str], list[str]]:
    """A program's texts, and those with values written into them, which nobody can translate."""
    found: list[str] = []
    bare: list[str] = []
    passed: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("re.compile", "re.sub"):
            passed.update(id(one) for one in ast.walk(node))
        if isinstance(node, ast.JoinedStr):
            parts = [one for one in node.values if isinstance(one, ast.Constant)]
            passed.update(id(one) for one in parts)
            bare += [ast.unparse(node) for one in parts if _SIGN.search(str(one.value))]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            found += [node.value] if _read(node.value) else []
    return found, bare


def collected() -> Iterator[tuple[str, list[str], list[str]]]:
    """(path, messages, what cannot be translated) of every template and program, and units of the catalogue."""
    units = [one.unit for sub in Catalogue.load().subcategories() for one in sub.fields if HAN.search(one.unit)]
    yield "service/catalogue/categories.toml", units, []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield (str(path.relative_to(ROOT)), *of_template(path.read_text()))
    for program in PROGRAMS:
        for path in sorted((ROOT / program).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if not name.startswith(DATA):
                yield (name, *of_code(path.read_text()))


def catalogue() -> Catalog:
    with ENGLISH.open("rb") as source:
        return read_po(source, locale="en")


def missing() -> dict[str, str]:
    """Messages without English, each with the first place where it stands."""
    have = catalogue()
    wanted: dict[str, str] = {}
    for place, texts, _bare in collected():
        for text in texts:
            if text not in have or not have[text].string:
                wanted.setdefault(text, place)
    return wanted


def extract() -> None:
    """Bring the catalogue up to date: new messages with no English yet, those that nobody uses gone."""
    have, made = catalogue(), Catalog(locale="en", project="dangan", charset="utf-8")
    for place, texts, _bare in collected():
        for text in texts:
            entry = made.get(text)
            known = have.get(text)
            if entry is None:
                made.add(text, known.string if known else "", flags=("python-format",) if "%(" in text else ())
                made[text].locations.append((place, None))  # type: ignore[arg-type]
    with ENGLISH.open("wb") as target:
        write_po(target, made, width=0, omit_header=True, sort_output=False, include_lineno=False)


if __name__ == "__main__":
    extract()
    for text, place in missing().items():
        print(f"no English: {place}: {text}")
