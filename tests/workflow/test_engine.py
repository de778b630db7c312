"""The engine of all state tables, on a table of its own."""

from datetime import UTC, datetime
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Conflict, Forbidden
from service.workflow import Case, Guard, Hand, Party, Step, Workflow, begun

AT = datetime(2026, 3, 2, tzinfo=UTC)


class State(StrEnum):
    ASKED = "asked"
    SIGNED = "signed"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    SIGN = "sign"
    GRANT = "grant"
    WITHDRAW = "withdraw"
    EXTEND = "extend"


EARLY = Guard("early", "已到期，不能延长")
TABLE = Workflow[State, Event](
    Step(State.ASKED, Event.SIGN, State.SIGNED, (Party.HEAD,)),
    Step(State.SIGNED, Event.GRANT, State.GRANTED, (Party.ARCHIVIST, Party.ARCHIVES_HEAD)),
    Step(State.ASKED, Event.WITHDRAW, State.WITHDRAWN, (Party.REQUESTER,), waits=False),
    Step(State.GRANTED, Event.EXTEND, State.GRANTED, (Party.REQUESTER,), guard=EARLY, waits=False),
)


def case(state: State = State.ASKED) -> Case:
    return Case("1", "clerk", "north", ("KF-1",), state, begun("clerk", AT, state))


def hand(account: str, *parties: Party, place_of: str = "", concerned: bool = False) -> Hand:
    return Hand(account, dict.fromkeys(parties, place_of or account), concerned)


def test_a_case_goes_through_the_hands_of_its_table() -> None:
    """The head signs, an archivist grants, and the history says so."""
    signed = TABLE.move(case(), Event.SIGN, hand("head", Party.HEAD), AT)
    granted = TABLE.move(signed, Event.GRANT, hand("archivist", Party.ARCHIVIST), AT, note="可以")
    assert granted.state is State.GRANTED
    assert [(move.event, move.by) for move in granted.history[1:]] == [("sign", "head"), ("grant", "archivist")]
    assert TABLE.replayed(granted.history, State.ASKED) is State.GRANTED


def test_what_is_not_in_the_table_is_a_conflict() -> None:
    """Granting what nobody signed does not happen, whoever asks."""
    with pytest.raises(Conflict):
        TABLE.move(case(), Event.GRANT, hand("archivist", Party.ARCHIVIST), AT)


def test_a_step_is_taken_by_the_party_that_the_table_names() -> None:
    """An archivist is not the requester's head."""
    with pytest.raises(Forbidden):
        TABLE.move(case(), Event.SIGN, hand("archivist", Party.ARCHIVIST), AT)


def test_no_two_steps_by_one_person() -> None:
    """A head who asks for something does not sign it themselves."""
    own = Case("1", "head", "north", ("KF-1",), State.ASKED, begun("head", AT, State.ASKED))
    with pytest.raises(Forbidden, match="同一人"):
        TABLE.move(own, Event.SIGN, hand("head", Party.REQUESTER, Party.HEAD), AT)


def test_a_deputy_is_the_person_in_whose_place_they_act() -> None:
    """Who signed as the head's deputy does not grant; and a deputy does not sign what they asked for."""
    signed = TABLE.move(case(), Event.SIGN, hand("archivist", Party.HEAD, place_of="head"), AT)
    with pytest.raises(Forbidden, match="同一人"):
        TABLE.move(signed, Event.GRANT, hand("archivist", Party.ARCHIVIST), AT)
    with pytest.raises(Forbidden, match="同一人"):
        TABLE.move(signed, Event.GRANT, hand("head", Party.ARCHIVIST), AT)
    with pytest.raises(Forbidden, match="同一人"):
        TABLE.move(case(), Event.SIGN, hand("clerk", Party.HEAD, place_of="head"), AT)


def test_nobody_handles_what_is_about_their_own_file() -> None:
    """Who is concerned may withdraw their own request, and sign nothing."""
    with pytest.raises(Forbidden, match="亲属"):
        TABLE.move(case(), Event.SIGN, hand("head", Party.HEAD, concerned=True), AT)
    withdrawn = TABLE.move(case(), Event.WITHDRAW, hand("clerk", Party.REQUESTER, concerned=True), AT)
    assert withdrawn.state is State.WITHDRAWN


def test_a_guard_says_why_not() -> None:
    """An extension needs the fact that its guard names, and the refusal is in the guard's words."""
    granted = case(State.GRANTED)
    with pytest.raises(Conflict, match="已到期"):
        TABLE.move(granted, Event.EXTEND, hand("clerk", Party.REQUESTER), AT)
    assert TABLE.move(granted, Event.EXTEND, hand("clerk", Party.REQUESTER), AT, facts={"early"}).state == "granted"


def test_a_case_waits_for_the_next_hand_alone() -> None:
    """What may happen at any time is not waited for, and what has ended waits for nobody."""
    assert TABLE.waits_for(State.ASKED) == (Party.HEAD,)
    assert TABLE.waits_for(State.GRANTED) == ()
    assert TABLE.open_to(case(), hand("clerk", Party.REQUESTER)) == (Event.WITHDRAW,)


PEOPLE = st.sampled_from(["clerk", "head", "archivist", "archives"])
HANDS = st.builds(
    lambda account, parties, place, concerned: Hand(account, dict.fromkeys(parties, place), concerned),
    PEOPLE, st.sets(st.sampled_from(list(Party))), PEOPLE, st.sampled_from([False, False, False, True]),
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(list(Event)), HANDS), max_size=8))
def test_walks_end_in_a_state_that_their_history_explains(walk: list[tuple[Event, Hand]]) -> None:
    """Whatever people try, no state is reached beside the table, and nobody is two parties of one case."""
    now = case()
    for event, by in walk:
        try:
            now = TABLE.move(now, event, by, AT)
        except (Conflict, Forbidden):
            continue
    assert TABLE.replayed(now.history, State.ASKED) is now.state
    for one in now.history:
        for other in now.history:
            if one.party is not other.party:
                assert {one.by, one.place_of}.isdisjoint({other.by, other.place_of})


def test_a_table_is_drawn_for_the_documents() -> None:
    """Each step is an arrow with its event and who takes it."""
    assert "    asked --> signed: sign (head)" in TABLE.drawn()
