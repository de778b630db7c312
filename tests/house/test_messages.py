"""The English of messages and of the catalogue; `make messages` lists what has none yet."""

import re

from service.catalogue.model import Catalogue
from tests.house.messages import HAN, catalogue

PLACES = re.compile(r"%\(\w+\)s")


def test_english_keeps_the_places_and_holds_no_chinese() -> None:
    """An English text has the places of its Chinese one, and no Chinese sign is left in it."""
    wrong = [
        entry.id
        for entry in catalogue()
        if entry.id
        and entry.string
        and (HAN.search(entry.string) or set(PLACES.findall(entry.id)) != set(PLACES.findall(entry.string)))
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
