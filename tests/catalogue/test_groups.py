"""Groups of fields: rows that are validated, masked and found like everything else."""

import pytest

from service.catalogue import derived, masks
from service.catalogue.model import Catalogue
from service.catalogue.validation import MOST_ROWS, validate
from service.errors import Invalid

CATALOGUE = Catalogue.load()
COMPLAINTS = CATALOGUE.subcategory("performance", "complaints")
CONTRACT = CATALOGUE.subcategory("onboarding", "contract")
CASE = {"customer": "工单 7", "date": "2025-05-12", "what": "回访不及时", "solution": "已致电", "solved": "2025-05-13"}
GIVEN = {"period": "2025-Q2", "number": 1}
NUMBER = "13812345678"


def names(given: object) -> list[str]:
    with pytest.raises(Invalid) as refused:
        validate(COMPLAINTS, {**GIVEN, "cases": given})
    return [fault.name for fault in refused.value.fields]


def test_rows_are_kept_in_their_kinds() -> None:
    """Each row is normalised as a record is; rows left empty are no rows, and none at all is no value."""
    kept = validate(COMPLAINTS, {**GIVEN, "cases": [{**CASE, "date": "2025年5月12日"}, {"customer": " ", "what": ""}]})
    assert kept["cases"] == [CASE]
    assert "cases" not in validate(COMPLAINTS, {**GIVEN, "cases": [{}]})
    renewal = {"start": "2024-03-01", "type": "固定期限"}
    kept = validate(CONTRACT, {"number": "1", "start": "2021-03-01", "renewals": [renewal]})
    assert kept["renewals"] == [{"start": "2024-03-01", "type": "fixed"}]


def test_every_fault_names_its_row() -> None:
    """A missing value, an impossible date, an unknown name and a date before another are told by field and row."""
    wrong = [CASE, {**CASE, "date": "2025-02-30", "fax": "1"}, {"what": "x"}, {**CASE, "solved": "2025-01-01"}]
    assert names(wrong) == ["cases.2.fax", "cases.2.date", "cases.3.customer", "cases.3.date", "cases.4.solved"]
    assert names([CASE] * (MOST_ROWS + 1)) == ["cases"]
    for odd in ({"customer": "a"}, [["a"]], 7):
        assert names(odd) == ["cases"]


def test_the_former_text_is_a_row_with_a_note() -> None:
    """What was typed before renewals were a group stays readable, can be sent again, and is kept as a row."""
    old = {"number": "1", "start": "2021-03-01", "renewals": "2024 年续签三年"}
    assert derived.current(CONTRACT, old)["renewals"] == [{"note": "2024 年续签三年"}]
    assert CONTRACT.field("renewals").shown(old["renewals"]) == "2024 年续签三年"
    assert validate(CONTRACT, old)["renewals"] == [{"note": "2024 年续签三年"}]


def test_a_group_is_shown_in_a_line_and_found_by_each_value() -> None:
    """In lists a group is one line, choices by their labels; each value is a line of the search text."""
    rows = [{"start": "2024-03-01", "type": "fixed"}, {"note": f"电话 {NUMBER}"}]
    assert CONTRACT.field("renewals").shown(rows) == f"2024-03-01 · 固定期限；电话 {NUMBER}"
    plain, hidden = derived.search_text(CONTRACT, {"renewals": rows})
    assert plain.split("\n")[:2] == ["2024-03-01", "固定期限"]
    assert NUMBER not in plain
    assert NUMBER in hidden


def test_rows_are_masked() -> None:
    """A number typed into a row is starred for a masked reader, and a former text too."""
    rows = masks.mask(COMPLAINTS, {"cases": [{**CASE, "what": f"来电 {NUMBER}"}]})["cases"]
    assert rows == [{**CASE, "what": "来电 " + "*" * 11}]
    assert masks.mask(CONTRACT, {"renewals": f"见 {NUMBER}"})["renewals"] == [{"note": "见 " + "*" * 11}]
