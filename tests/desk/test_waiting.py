"""Counts beside the entries of the menu: asked now and then, and never in anybody's way."""

from service.desk.waiting import KEPT_SECONDS, Waiting
from service.errors import Unavailable
from tests.cast import CAST


def test_a_count_is_asked_once_in_a_while_for_each_person() -> None:
    """Within ten seconds the same person's count is not asked again; another person's is."""
    asked: list[str] = []
    now = [0.0]

    def provider(person):
        asked.append(person.account)
        return len(asked)

    waiting = Waiting({"work.page": provider}, lambda: now[0])
    assert [waiting.count(CAST["hr"], "work.page") for _ in range(3)] == [1, 1, 1]
    assert waiting.count(CAST["clerk"], "work.page") == 2
    now[0] = KEPT_SECONDS + 1
    assert waiting.count(CAST["hr"], "work.page") == 3
    assert asked == ["hr", "clerk", "hr"]


def test_a_count_that_took_long_is_kept_as_long_as_any() -> None:
    """What a slow provider answered is not asked again by the page that follows."""
    now, asked = [0.0], []

    def slow(_person):
        now[0] += 2 * KEPT_SECONDS
        asked.append(1)
        return 3

    waiting = Waiting({"work.page": slow}, lambda: now[0])
    assert [waiting.count(CAST["hr"], "work.page") for _ in range(2)] == [3, 3]
    assert len(asked) == 1


def test_a_count_that_fails_is_none() -> None:
    """A page is shown whatever its menu cannot count, and entries without a provider count nothing."""

    def broken(_person):
        raise Unavailable

    waiting = Waiting({"work.page": broken})
    assert waiting.count(CAST["hr"], "work.page") == 0
    assert waiting.count(CAST["hr"], "desk.home") == 0
