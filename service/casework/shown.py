"""How a kind of case shows itself where cases of all kinds stand together: my work, notices, mails. Pure data."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service.workflow import Case

SOON, OVERDUE = "soon", "overdue"
"""The events of the clock's notices; a kind whose `news` say nothing of them is told of in general words."""


@dataclass(frozen=True, slots=True)
class About:
    """What one case is about, where its kind's title says too little: a title of its own (a source of translations),
    words that were typed of a thing, or the account of whom it is about."""

    title: str
    words: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a feature says of its cases. Chinese texts are sources of translations, and name no person.

    `page` is the endpoint of one case's page, which takes `case_id`; `verbs` says what the next hand does in a state,
    as on a button; `news` is what an event's notice says. A state's badge stands with all the others in
    `macros/pieces.html`. `own` says what whoever asked may do meanwhile, and on which page; `by_pass` whether only
    while a pass of theirs opens. `named` gives the numbers that a case's content asks for: where anybody may type a
    number, those of the case alone would tell which files there are. `about` names a case that is about no file.
    `minds` names the states in which the clock tells whoever asked, too, that the day is near or has passed.
    `stands` is the badge of a state at a moment, where time changes what it says: a pass that has run out.
    """

    title: str
    page: str
    verbs: Mapping[str, str]
    news: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    by_pass: bool = False
    named: Callable[[Any], Sequence[str]] | None = None
    about: Callable[[Any], About] | None = None
    minds: Collection[str] = ()
    stands: Callable[[str, Any, datetime], str] | None = None


def history(case: Case) -> list[dict[str, Any]]:
    """The steps of a case, as every API answers them."""
    return [
        {"event": move.event, "after": move.after, "party": move.party, "by": move.by, "place_of": move.place_of,
         "at": move.at.isoformat(), "note": move.note}
        for move in case.history
    ]  # fmt: skip
