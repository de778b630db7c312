"""What archivists do with places. Permission first, then rules, then one transaction with its event."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Audit, file_chain
from service.catalogue.model import Catalogue
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.files.repository import Files
from service.files.rules import File
from service.person import Person
from service.places.repository import MOST_ROOMS, Places
from service.places.rules import (
    LARGEST,
    Item,
    Kind,
    Place,
    Placed,
    check_capacity,
    check_kind,
    check_name,
    check_open,
    check_parent,
    check_year,
)
from service.records.repository import Records
from service.store.connection import Store, Transaction


def place_chain(code: str) -> str:
    return f"place:{code}"


@dataclass(frozen=True, slots=True)
class Inside:
    """A place, the places around it, those that stand in it, and the originals that lie in it with their files."""

    place: Place
    path: tuple[Place, ...]
    places: tuple[Place, ...]
    originals: tuple[tuple[Placed, File], ...]


class PlaceOperations:
    """Keeping places, and laying originals into them. Every method asks the gate first."""

    def __init__(
        self, store: Store, places: Places, files: Files, records: Records, audit: Audit, gate: Gate, clock: Clock,
        catalogue: Catalogue,
    ) -> None:  # fmt: skip
        self._store, self._places, self._files, self._records = store, places, files, records
        self._audit, self._gate, self._clock, self._catalogue = audit, gate, clock, catalogue

    def rooms(self, person: Person) -> list[Place]:
        self._gate.require(person, Action.READ_PLACES)
        return self._places.inside("")

    def inside(self, person: Person, code: str) -> Inside:
        """A place with all that stands in it. Raises NotFound."""
        self._gate.require(person, Action.READ_PLACES)
        place = self._places.get(code)
        placed = self._places.contents(code)
        files: dict[str, File] = {}
        numbers = list(dict.fromkeys(one.file_no for one in placed))
        for start in range(0, len(numbers), 100):
            files |= self._files.many(numbers[start : start + 100])
        return Inside(
            place, tuple(self._places.path(place)), tuple(self._places.inside(code)),
            tuple((one, files[one.file_no]) for one in placed if one.file_no in files),
        )  # fmt: skip

    def add(self, person: Person, kind_word: str, parent: str, given: Mapping[str, str]) -> Place:
        """A new place, with a code of its own. Raises Invalid with the wrong field, Conflict where it is full there."""
        self._gate.require(person, Action.KEEP_PLACES)
        kind, outer = check_kind(kind_word), self._parent(parent)
        check_parent(kind, outer)
        if outer is None and len(self._places.inside("")) >= MOST_ROOMS:
            raise Invalid(fields=[FieldError("parent", "库房最多 %(most)s 间", {"most": MOST_ROOMS})])
        made = replace(self._checked(Place("", kind, "", parent), given), code=self._places.next_code(kind))

        def work(tx: Transaction) -> Place:
            self._places.add(tx, made)
            self._note(tx, person, "place.made", made.code)
            return made

        return self._store.transact(work, queue=(place_chain(made.code),))

    def edit(self, person: Person, code: str, version: int, given: Mapping[str, str]) -> Place:
        """Change a place's name, capacity, label or parent; what stands in it moves with it. Raises as `add` does."""
        self._gate.require(person, Action.KEEP_PLACES)
        before = self._places.get(code)
        check_open(before)
        changed = self._checked(before, given)
        parent = given.get("parent", before.parent).strip()
        if parent != before.parent:
            check_parent(before.kind, self._parent(parent))
            changed = replace(changed, parent=parent)
        action = "place.moved" if changed.parent != before.parent else "place.changed"

        def work(tx: Transaction) -> Place:
            kept = self._places.replace(tx, before, changed, version)
            self._note(tx, person, action, code)
            return kept

        return self._store.transact(work, queue=(place_chain(code),))

    def close(self, person: Person, code: str) -> Place:
        """Take an empty place out of use for good. Raises Conflict where something is in it, or it is closed."""
        self._gate.require(person, Action.KEEP_PLACES)
        place = self._places.get(code)
        check_open(place)
        if place.holds:
            raise Conflict("其中还有 %(count)s 件：请先移到别处或取出，再停用", count=place.holds)

        def work(tx: Transaction) -> Place:
            closed = self._places.close(tx, place, self._clock.now())
            self._note(tx, person, "place.closed", code)
            return closed

        return self._store.transact(work, queue=(place_chain(code),))

    def put(self, person: Person, code: str, box: str) -> Placed:
        """Lay the original of a file (by its number) or of a record (by its id) into a box.

        Raises Invalid where nothing has this code, NotFound where there is no such box, Conflict where it is full.
        """
        self._gate.require(person, Action.KEEP_PLACES)
        place = self._places.get(box)
        check_open(place)
        if place.kind is not Kind.BOX:
            raise Invalid(fields=[FieldError("box", "只有档案盒能放原件：请填写盒的编号")])
        try:
            item, file_no = self._named(code)
        except NotFound:
            raise Invalid(fields=[FieldError("item", "原件：没有这个档案编号或材料标签，请核对")]) from None
        placed = Placed(code, item, file_no, box, person.account, self._clock.now())

        def work(tx: Transaction) -> Placed:
            self._places.put(tx, placed)
            self._note_placed(tx, person, "place.put", placed)
            return placed

        return self._store.transact(work, queue=(file_chain(file_no),))

    def take_out(self, person: Person, code: str, box: str) -> None:
        """The original of a file or record lies in this box no more, nor in another. Raises Conflict if it did not."""
        self._gate.require(person, Action.KEEP_PLACES)
        there = self._places.where(code)
        if there is None or there.box != box:
            raise Conflict("这份原件不在这个档案盒里：请刷新后查看")

        def work(tx: Transaction) -> None:
            if self._places.take_out(tx, code, box):
                self._note_placed(tx, person, "place.taken-out", there)

        self._store.transact(work, queue=(file_chain(there.file_no),))

    def where(self, person: Person, id_: str) -> tuple[Place, ...]:
        """Where a file's bag or a record's own original lies, the room first; empty where it has no place."""
        self._gate.require(person, Action.READ_PLACES)
        placed = self._places.where(id_)
        return tuple(self._places.path(self._places.get(placed.box))) if placed else ()

    def found_by(self, person: Person, code: str) -> tuple[str, str]:
        """What a scanned label names: ("place" | "file" | "record", its id). Raises NotFound."""
        self._gate.require(person, Action.READ_PLACES)
        try:
            return "place", self._places.get(code).code
        except NotFound:
            item, _ = self._named(code)
            return item.value, code

    def _named(self, code: str) -> tuple[Item, str]:
        try:
            return Item.FILE, self._files.get(code).file_no
        except NotFound:
            return Item.RECORD, self._records.get(code).file_no

    def _parent(self, code: str) -> Place | None:
        try:
            return self._places.get(code) if code else None
        except NotFound:
            raise Invalid(fields=[FieldError("parent", "上级位置：没有这个编号，请核对")]) from None

    def _checked(self, place: Place, given: Mapping[str, str]) -> Place:
        category = given.get("category", place.category)
        if category and category not in {one.code for one in self._catalogue.categories}:
            raise Invalid(fields=[FieldError("category", "类别：请从列出的类别中选择")])
        return replace(
            place,
            name=check_name(given.get("name", place.name)),
            capacity=check_capacity(given.get("capacity", place.capacity or LARGEST), place.holds),
            category=category,
            year=check_year(given.get("year", place.year).strip()),
        )

    def _note_placed(self, tx: Transaction, person: Person, action: str, placed: Placed) -> None:
        ids = {"file": placed.file_no, "place": placed.box}
        if placed.item is Item.RECORD:
            ids["record"] = placed.id
        self._audit.append(tx, person, action, subject=file_chain(placed.file_no), ids=ids)

    def _note(self, tx: Transaction, person: Person, action: str, code: str) -> None:
        self._audit.append(tx, person, action, subject=place_chain(code), ids={"place": code})
