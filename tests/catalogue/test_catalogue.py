"""The catalogue is data: what stands in it is found in validation, masks, search texts and facets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from service.catalogue import derived, masks, numbering, values
from service.catalogue.model import Catalogue
from service.catalogue.validation import record_date, validate, warnings
from service.errors import Invalid

CATALOGUE = Catalogue.load()
IDENTITY = CATALOGUE.subcategory("basic", "identity")


def id_number(head: str) -> str:
    return head + ric.calc_check_digit(head + "0")


def faults(category: str, sub: str, given: dict, others: dict | None = None) -> dict[str, str]:
    """The faults of `given`, message by field."""
    with pytest.raises(Invalid) as refused:
        validate(CATALOGUE.subcategory(category, sub), given, others)
    return {fault.name: str(fault) for fault in refused.value.fields}


def test_all_categories_of_the_policy_are_there() -> None:
    """Eight categories with the sub-categories of the policy's chapter 2, in binding order (S1)."""
    assert [(c.id, c.code, [s.code for s in c.subcategories]) for c in CATALOGUE.categories] == [
        ("C1", "basic", ["identity", "contact", "education"]),
        ("C2", "onboarding", ["hire", "contract"]),
        ("C3", "training", ["internal", "external"]),
        ("C4", "performance", ["satisfaction", "complaints", "growth"]),
        ("C5", "appraisal", ["periodic", "opinion"]),
        ("C6", "rewards", ["award", "penalty"]),
        ("C7", "career", ["promotion", "qualification"]),
        ("C8", "other", ["honour", "article", "matter"]),
    ]


def test_every_fault_is_named_at_once() -> None:
    """All wrong fields are told together, each with its name, and without what was typed."""
    found = faults("basic", "contact", {"mobile": "12345", "email": "nobody", "fax": "77"})
    assert set(found) == {"mobile", "email", "fax"}
    assert not any("12345" in message or "nobody" in message for message in found.values())


@pytest.mark.parametrize(
    ("category", "sub", "given", "field"),
    [
        ("onboarding", "contract", {"number": "1", "start": "2021-03-01", "end": "2020-03-01"}, "end"),
        ("performance", "satisfaction", {"period": "2025-13", "score": 90}, "period"),
        ("performance", "satisfaction", {"period": "2025-Q2", "score": 101}, "score"),
        ("basic", "identity", {"name": "王小满", "birth_date": "1990-02-30"}, "birth_date"),
        ("basic", "identity", {"name": ""}, "name"),
        ("rewards", "penalty", {"kind": "x", "reason": "迟到", "date": "2025-01-02"}, "kind"),
        ("basic", "identity", {"name": {"$gt": ""}}, "name"),
    ],
)
def test_impossible_values_are_refused(category: str, sub: str, given: dict, field: str) -> None:
    """Dates that cannot be, periods, choices and scores out of range are refused by their field."""
    assert field in faults(category, sub, given)


def test_graduation_is_not_before_birth() -> None:
    """A rule may look at another record: graduation is held against the identity's birth date."""
    given = {"level": "本科", "school": "某大学", "graduation_date": "1989-07-01"}
    assert "graduation_date" in faults("basic", "education", given, {"basic.identity.birth_date": "1990-03-07"})


def test_check_digits_are_those_of_the_standard() -> None:
    """The standard's own example is accepted, and a made-up region is held to the standard's weights (GB 11643)."""
    assert validate(IDENTITY, {"name": "王小满", "id_number": "11010519491231002X"})
    head, weights = "99010119900307123", (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    right = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(head, weights, strict=True)) % 11]
    for last in "0123456789X":
        if last == right:
            assert validate(IDENTITY, {"name": "王小满", "id_number": head + last})
        else:
            assert "id_number" in faults("basic", "identity", {"name": "王小满", "id_number": head + last})


@pytest.mark.parametrize("day", ["2199-01-01", "0001-01-01", "1899-12-31"])
def test_nobody_is_born_ahead_or_before_1900(day: str) -> None:
    """A day of birth that cannot be is refused by its field, and so is an ID number that carries one."""
    assert set(faults("basic", "identity", {"name": "王小满", "birth_date": day})) == {"birth_date"}
    if day > "1000":
        number = id_number(f"110105{day.replace('-', '')}123")
        assert set(faults("basic", "identity", {"name": "王小满", "id_number": number})) == {"id_number"}


def test_id_numbers_follow_gb_11643() -> None:
    """Length, date and check digit are errors; a region that is not known is a warning."""
    good = id_number("99010119900307123")
    kept = validate(IDENTITY, {"name": "王小满", "id_number": good.lower()})
    assert kept["id_number"] == good
    assert [warning.name for warning in warnings(IDENTITY, kept)] == ["id_number"]
    for bad in (good[:-1], good[:-1] + ("0" if good[-1] != "0" else "1"), id_number("99010119900231123")):
        assert "id_number" in faults("basic", "identity", {"name": "王小满", "id_number": bad})
    assert "sex" in faults("basic", "identity", {"name": "王小满", "id_number": good, "sex": "女"})
    assert "birth_date" in faults(
        "basic", "identity", {"name": "王小满", "id_number": good, "birth_date": "1991-03-07"}
    )


@pytest.mark.parametrize("text", ["2021-03-01", "2021/3/1", "2021年3月1日", "2021.03.01"])
def test_dates_are_read_as_people_write_them(text: str) -> None:
    """Every usual way of writing a date is kept as ISO 8601."""
    assert validate(IDENTITY, {"name": "王小满", "birth_date": text})["birth_date"] == "2021-03-01"


@pytest.mark.parametrize(
    ("period", "day"), [("2025", "2025-01-01"), ("2025-06", "2025-06-01"), ("2025-Q2", "2025-04-01")]
)
def test_a_period_dates_its_record(period: str, day: str) -> None:
    """A record of a month, quarter or year is dated by its first day."""
    assert record_date(CATALOGUE.subcategory("performance", "satisfaction"), {"period": period}) == day


@given(st.text(max_size=80), st.dates(), st.integers(100, 999))
def test_masking_keeps_length_and_hides_numbers(around: str, born, n: int) -> None:
    """A masked text is as long as before and holds no ID number, wherever that stood."""
    number = id_number(f"990101{born:%Y%m%d}{n}") if born.year > 1000 else id_number("99010119900307123")
    text = f"{around} {number}，{around}"
    assert len(masks.mask_text(text)) == len(text)
    assert number not in masks.mask_text(text)


def test_sensitive_values_are_masked() -> None:
    """A masked reader recognises an ID or mobile number at most by its ends."""
    number = id_number("99010119900307123")
    shown = masks.mask(IDENTITY, {"name": "王小满", "id_number": number})
    assert shown["name"] == "王小满"
    assert number[3:16] not in shown["id_number"]
    contact = CATALOGUE.subcategory("basic", "contact")
    shown = masks.mask(contact, {"mobile": "13812345678", "email": "a.b@example.com", "home_address": "某街 1 号"})
    assert not {"13812345678", "a.b@example.com", "某街 1 号"} & set(shown.values())


def test_a_number_typed_into_free_text_is_sensitive_too() -> None:
    """An ID number inside a note goes to the sensitive part of the index, not to the plain one."""
    sub = CATALOGUE.subcategory("other", "matter")
    number = id_number("99010119900307123")
    plain, hidden = derived.search_text(sub, {"what": "补办证件", "note": f"号码 {number}"})
    assert number not in plain
    assert number in hidden


def test_a_category_from_outside_is_everywhere(tmp_path: Path) -> None:
    """A company's own category, added as data alone, is in validation, search text, facets and titles."""
    extra = tmp_path / "own.toml"
    extra.write_text(
        '[[category]]\ncode = "health"\nid = "X1"\nzh = "健康"\nen = "Health"\n[[category.subcategory]]\n'
        'code = "checkup"\nzh = "体检"\nen = "Check-up"\ndate = "date"\ntitle = ["result"]\nfields = [\n'
        '{ name = "date", kind = "date", zh = "日期", en = "Date", required = true },\n'
        '{ name = "result", kind = "text", zh = "结论", en = "Result", facet = true },\n]\n'
    )
    catalogue = Catalogue.load([extra])
    sub = catalogue.subcategory("health", "checkup")
    kept = validate(sub, {"date": "2025-05-06", "result": "合格"})
    assert derived.search_text(sub, kept)[0] == "2025-05-06\n合格"
    assert derived.facet_values(sub, kept) == {"checkup.result": "合格"}
    assert "checkup.result" in catalogue.facet_fields()
    assert derived.title(sub, kept) == "合格"


def test_a_line_says_what_its_numbers_are() -> None:
    """A record's line names its numbers and dates with their units; words speak for themselves."""
    growth = CATALOGUE.subcategory("performance", "growth")
    kept = validate(growth, {"period": "2022-03", "new_customers": "16", "order_amount": "49800"})
    assert derived.title(growth, kept) == "2022-03 · 新增客户数量 16 · 客户订单金额 49800 元"
    contract = CATALOGUE.subcategory("onboarding", "contract")
    kept = {"number": "HT-1", "type": "fixed", "end": "2024-04-12"}
    assert derived.title(contract, kept, "en") == "HT-1 · Fixed term · End 2024-04-12"


def test_numbers_follow_the_rule() -> None:
    """The numbering rule makes numbers, and a rule without a sequence or with odd signs is refused (S2)."""
    assert numbering.render("KF-{hire_year}-{seq:05}", "2021-03-01", 42) == "KF-2021-00042"
    assert numbering.typed("A{hire_year}{hire_month:02}-{seq}", "2021-3-42") == "2021-3-42"
    assert numbering.typed("A{hire_year}{hire_month:02}-{seq}", "a20213-042") == "A202103-42"
    for bad in ("KF-{hire_year}", "KF/{seq}", "{seq}{seq}", "{name}-{seq}"):
        with pytest.raises(Invalid):
            numbering.check(bad)


def test_every_blank_of_the_policy_is_a_setting() -> None:
    """Each `[X]` of the policy has a setting that names it."""
    assert {"B4", "T1", "T2", "S2"} <= {setting.policy for setting in CATALOGUE.settings}


def test_birth_and_sex_come_from_the_number() -> None:
    """The number carries the date of birth and the sex."""
    number = id_number("99010119900307124")
    assert (values.birth_date(number), values.sex(number)) == ("1990-03-07", "female")
