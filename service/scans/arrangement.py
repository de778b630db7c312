"""The order, turns and withdrawals of a scan's pages: an edit over the original, which never changes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.errors import FieldError, Invalid

TURNS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of the original, by its number there (from 1).

    `turn` is by how many degrees the decoded page is turned counter-clockwise to be upright; None leaves that
    to the reading. A withdrawn page is kept, and shown to nobody but who arranges.
    """

    page: int
    turn: int | None = None
    withdrawn: bool = False


def natural(pages: int) -> tuple[Leaf, ...]:
    """Pages as they lie in the original."""
    return tuple(Leaf(number) for number in range(1, pages + 1))


def read(given: Any, pages: int) -> tuple[Leaf, ...]:
    """An arrangement as it was sent: every page once, in the new order. Raises Invalid."""
    text = "必须列出第 1 至 %(pages)s 页各一次，turn 为 0、90、180、270 或空"
    wrong = Invalid(fields=[FieldError("pages", text, {"pages": pages})])
    if not isinstance(given, list) or len(given) != pages:
        raise wrong
    leaves = []
    for one in given:
        if not isinstance(one, dict) or not isinstance(one.get("page"), int):
            raise wrong
        turn = one.get("turn")
        if turn is not None and turn not in TURNS:
            raise wrong
        leaves.append(Leaf(one["page"], turn, one.get("withdrawn") is True))
    if {leaf.page for leaf in leaves} != set(range(1, pages + 1)):
        raise wrong
    return tuple(leaves)


def changed(leaves: Sequence[Leaf], page: int, change: str, turns: Mapping[int, int]) -> tuple[Leaf, ...]:
    """One step of arranging: `left`, `right` (turning), `earlier`, `later`, `withdraw` or `restore`.

    `turns` says how each page stands now. Raises Invalid where there is no such step or page.
    """
    at = next((place for place, leaf in enumerate(leaves) if leaf.page == page), None)
    if at is None:
        raise Invalid(fields=[FieldError("page", "没有这一页")])
    made, leaf = list(leaves), leaves[at]
    match change:
        case "left" | "right":
            now = leaf.turn if leaf.turn is not None else turns.get(page, 0)
            made[at] = Leaf(page, (now + (90 if change == "left" else -90)) % 360, leaf.withdrawn)
        case "withdraw" | "restore":
            made[at] = Leaf(page, leaf.turn, change == "withdraw")
        case "earlier" | "later":
            to = max(0, at - 1) if change == "earlier" else min(len(made) - 1, at + 1)
            made.insert(to, made.pop(at))
        case _:
            raise Invalid(fields=[FieldError("change", "没有这种整理操作")])
    return tuple(made)
