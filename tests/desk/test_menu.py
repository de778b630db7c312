"""Which entry of the menu a page belongs to."""

import pytest

from service.desk import menu
from tests.cast import CAST


@pytest.mark.parametrize(
    ("name", "endpoint", "entry"),
    [
        ("clerk", "submissions.create", menu.WORK), ("clerk", "lending.detail", menu.VIEWING),
        ("clerk", "desk.file_page", menu.FILES), ("archivist", "lending.desk", menu.LENDING),
        ("archivist", "loans.page", menu.LENDING), ("archivist", "lending.move", menu.VIEWING),
        ("archivist", "care.duty", menu.PLACES), ("auditor", "loans.page", menu.LOANS),
        ("auditor", "care_registers.trainings", menu.CARED), ("archivist", "care_registers.trainings", menu.PLACES),
        ("auditor", "lending.detail", None), ("stranger", "work.page", None),
    ],
)  # fmt: skip
def test_the_menu_shows_where_one_is(name: str, endpoint: str, entry: menu.Entry | None) -> None:
    """The page's own entry comes first, then the one that names it, then its room's; what is sent stays there too."""
    assert menu.here(CAST[name], endpoint) is entry
