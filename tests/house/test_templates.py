"""Templates show; they decide nothing."""

import re
from pathlib import Path

HOUSE = Path(__file__).parents[2] / "templates"
DECIDED = re.compile(r"\{%[^%]*\brole\b[^%]*%\}")


def test_no_permission_is_decided_in_a_template() -> None:
    """No condition of a template asks for a role: what may be done is told to it by the policy."""
    asked = [
        f"{path.relative_to(HOUSE)}: {found.group(0)}"
        for path in HOUSE.rglob("*.html")
        for found in DECIDED.finditer(path.read_text())
        if not re.search(r"for \w+ in roles|\brole=|role_name", found.group(0))
    ]
    assert asked == []
