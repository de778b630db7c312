"""Both languages are whole: what a person may read has its English, and the catalogue its Chinese."""

import re

from service.catalogue.model import Catalogue
from tests.house.messages import HAN, ROOT, catalogue, collected, missing

PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


def test_every_message_has_its_english() -> None:
    """No text of a template or program is without English; `make messages` lists and adds what is missing."""
    assert sorted(missing()) == []


def test_every_text_can_be_translated() -> None:
    """No Chinese stands outside of `_()` in a template, in an f-string, or in a script."""
    bare = [f"{path}: {text}" for path, _texts, faults in collected() for text in faults]
    scripts = [path for path in (ROOT / "service/web/static/js").glob("*.js") if HAN.search(path.read_text())]
    assert (bare, scripts) == ([], [])


def test_english_keeps_the_places_and_holds_no_chinese() -> None:
    """An English text has the places of its Chinese one, and no Chinese sign is left in it."""
    wrong = [
        entry.id
        for entry in catalogue()
        if entry.id and (HAN.search(entry.string) or set(PLACES.findall(entry.id)) != set(PLACES.findall(entry.string)))
    ]
    assert wrong == []


def test_the_catalogue_s_labels_are_in_both_languages() -> None:
    """Every category, field and choice has an English label without a Chinese sign."""
    archive = Catalogue.load()
    labels = [*archive.categories, *archive.subcategories(), *archive.settings]
    for sub in archive.subcategories():
        for field in (*sub.fields, *(one for group in sub.fields for one in group.fields)):
            labels += [field, *field.choices]
    assert [one.zh for one in labels if not one.en or HAN.search(one.en)] == []
