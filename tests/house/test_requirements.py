"""Each requirement of the policy's daily part is shown by a test that names it."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
LAST = {"B": 4, "S": 5, "V": 5, "L": 6, "K": 4, "M": 1}
"""Building, sorting, viewing, borrowing, keeping, supervising: B1 to B4, S1 to S5, and so on."""


def test_each_requirement_is_named_by_a_test() -> None:
    """From the hiring to supervision, no id is without a test whose docstring says that it shows it."""
    said = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                said |= set(re.findall(r"\b[BSVLKM]\d\b", ast.get_docstring(node) or ""))
    assert {f"{part}{n}" for part, last in LAST.items() for n in range(1, last + 1)} <= said
