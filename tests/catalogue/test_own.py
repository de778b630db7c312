"""What a company adds to the catalogue: names, labels, kinds, and that nothing is taken away (S1)."""

import pytest

from service.catalogue import derived, masks, own
from service.catalogue.model import Catalogue
from service.catalogue.own import Own
from service.catalogue.validation import validate
from service.errors import Invalid, NotFound

SHIPPED = Catalogue.load()
LEVEL = {"subcategory": "internal", "kind": "choice", "zh": "级别", "en": "Level", "choices": "a | 初级 | Basic\n高级"}


def catalogue(added: Own) -> Catalogue:
    return Catalogue(own.merged(SHIPPED.categories, added), SHIPPED.settings)


def faults(work, *given) -> set[str]:
    with pytest.raises(Invalid) as refused:
        work(*given)
    return {fault.name for fault in refused.value.fields}


def test_a_field_is_everywhere() -> None:
    """A field that was added is validated, found, counted and shown with those that ship."""
    added, name = own.with_field(SHIPPED, Own(), {**LEVEL, "facet": True})
    sub = catalogue(added).subcategory("training", "internal")
    kept = validate(sub, {"date": "2025-05-06", "course": "服务礼仪", "level": "高级"})
    assert (name, kept["level"]) == ("level", "c2")
    assert "高级" in derived.search_text(sub, kept)[0]
    assert derived.facet_values(sub, kept) == {"internal.level": "高级"}
    assert SHIPPED.subcategory("training", "internal").field("level") is None


def test_a_subcategory_is_everywhere() -> None:
    """A sub-category that was added dates its records and takes fields; its title is what is not sensitive."""
    added, code = own.with_subcategory(SHIPPED, Own(), {"category": "other", "zh": "体检", "en": "Check-up"})
    assert code == "check_up"
    for en, zh, sensitive in (("Blood type", "血型", True), ("Clinic", "医院", False)):
        given = {"subcategory": code, "kind": "text", "zh": zh, "en": en, "sensitive": sensitive}
        added, _ = own.with_field(catalogue(added), added, given)
    sub = catalogue(added).subcategory("other", code)
    kept = validate(sub, {"date": "2025-05-06", "blood_type": "AB", "clinic": "安和医院"})
    assert derived.title(sub, kept) == "安和医院"
    assert masks.mask(sub, kept)["blood_type"] == "******"
    assert "AB" not in derived.search_text(sub, kept)[0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "course"}, "name"), ({"name": "version"}, "name"), ({"en": "1"}, "name"), ({"en": ""}, "en"),
        ({"zh": "课程名称"}, "zh"), ({"zh": "日期"}, "zh"), ({"zh": "长" * 21}, "zh"), ({"zh": "a（必填）"}, "zh"),
        ({"kind": "group"}, "kind"), ({"kind": "id_number"}, "kind"), ({"choices": ""}, "choices"),
        ({"choices": "甲\n甲"}, "choices"), ({"choices": "A B | 甲 | 乙"}, "choices"),
        ({"facet": True, "sensitive": True}, "sensitive"), ({"kind": "date", "facet": True}, "facet"),
        ({"statistic": True}, "statistic"), ({"name": {"$gt": ""}}, "name"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_named(change: dict, field: str) -> None:
    """A name or label that is taken, an odd kind, choices that are none and flags that would leak are refused."""
    assert field in faults(own.with_field, SHIPPED, Own(), {**LEVEL, **change})


def test_codes_never_collide() -> None:
    """A sub-category's code is no other's, not even a category's or a retired one's."""
    added, _ = own.with_subcategory(SHIPPED, Own(), {"category": "other", "zh": "体检", "en": "Check-up"})
    added = own.with_retired(added, "check_up", True)
    for en, zh in (("Check up", "另一种"), ("Training", "培训"), ("Contract", "合同"), ("Medical", "体检")):
        given = {"category": "other", "zh": zh, "en": en}
        assert faults(own.with_subcategory, catalogue(added), added, given) & {"code", "zh"}
    assert "category" in faults(own.with_subcategory, SHIPPED, Own(), {"category": "moon", "zh": "a", "en": "a"})
    with pytest.raises(NotFound):
        own.with_retired(added, "contract", True)


def test_a_field_is_changed_and_retired() -> None:
    """Name and kind stay and no choice is dropped; a retired field is asked only where a record has a value."""
    added, _ = own.with_field(SHIPPED, Own(), {**LEVEL, "required": True})
    assert faults(own.with_change, added, "internal", "level", {"choices": "a | 初级 | Basic"}) == {"choices"}
    added = own.with_change(added, "internal", "level", {"sensitive": True, "kind": "text", "retired": True})
    sub = catalogue(added).subcategory("training", "internal")
    assert (sub.field("level").kind, sub.field("level").sensitive, sub.field("level").retired) == ("choice", True, True)
    given = {"date": "2025-05-06", "course": "服务礼仪"}
    assert validate(sub.asked(), given) == given
    assert faults(validate, sub.asked(), {**given, "level": "高级"}) == {"level"}
    assert validate(sub.asked({"level": "a"}), {**given, "level": "高级"})["level"] == "c2"
    with pytest.raises(NotFound):
        own.with_change(added, "internal", "course", {"retired": True})


def test_the_shape_tells_what_the_index_must_see_again() -> None:
    """A flag that changes what is indexed changes the sub-category's shape; a label of a field does not."""
    added, _ = own.with_field(SHIPPED, Own(), LEVEL)

    def shape(change: dict) -> str:
        changed = own.with_change(added, "internal", "level", change)
        return derived.shape(catalogue(changed).subcategory("training", "internal"))

    assert shape({"zh": "等级", "required": True}) == shape({})
    assert len({shape({}), shape({"sensitive": True}), shape({"facet": True}), shape({"searchable": False})}) == 4
