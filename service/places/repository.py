"""Places in MongoDB, and what lies in each box."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from pymongo import IndexModel

from service.errors import Conflict, NotFound
from service.places.rules import LARGEST, LETTERS, Item, Kind, Place, Placed
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters

PLACES, PLACED = "places", "placements"
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    PLACES: (IndexModel([("parent", 1), ("_id", 1)]),),
    PLACED: (IndexModel([("box", 1), ("_id", 1)]), IndexModel([("file", 1)])),
}
MOST_ROOMS = 200


class Places:
    """Places by their codes, and placements by a file's number or a record's id."""

    def __init__(self, store: Store) -> None:
        self._places, self._placed = store.collection(PLACES), store.collection(PLACED)
        self._counters = Counters(store)

    def next_code(self, kind: Kind) -> str:
        """A code that no place ever had."""
        return _code(kind, self._counters.take(f"places/{kind}"))

    def get(self, code: str, tx: Transaction | None = None) -> Place:
        """Raises NotFound."""
        found = self._places.find_one({"_id": code}, session=tx.session if tx else None)
        if found is None:
            raise NotFound("没有这个位置：请核对编号")
        return _place(found)

    def many(self, codes: Sequence[str], tx: Transaction | None = None) -> dict[str, Place]:
        """At most 200 places by their codes."""
        found = self._places.find({"_id": {"$in": list(codes)[:LARGEST]}}, session=tx.session if tx else None)
        return {one["_id"]: _place(one) for one in found}

    def inside(self, code: str, tx: Transaction | None = None) -> list[Place]:
        """The places that stand directly in one; the rooms where `code` is empty."""
        session = tx.session if tx else None
        found = self._places.find({"parent": code}, sort=[("_id", 1)], limit=MOST_ROOMS, session=session)
        return [_place(one) for one in found]

    def boxes(self) -> Iterator[Place]:
        """All boxes that are in use, in the order of their codes, some at a time."""
        last = self._counters.last(f"places/{Kind.BOX}")
        for start in range(1, last + 1, LARGEST):
            codes = [_code(Kind.BOX, n) for n in range(start, min(start + LARGEST, last + 1))]
            found = self.many(codes)
            yield from (found[code] for code in codes if code in found and found[code].closed_at is None)

    def path(self, place: Place) -> list[Place]:
        """The places around one, the room first, itself last."""
        path = [place]
        while path[0].parent:
            path.insert(0, self.get(path[0].parent))
        return path

    def add(self, tx: Transaction, place: Place) -> None:
        """Keep a new place, and count it in the one that it stands in. Raises Conflict where that is full."""
        self._places.insert_one(_document(place), session=tx.session)
        self._fill(tx, place.parent)

    def replace(self, tx: Transaction, before: Place, place: Place, version: int) -> Place:
        """Store a place over the version that was read. Raises Conflict if someone was faster, or it is full there."""
        kept = ("_id", "holds", "checked_at", "closed_at")
        change = {name: value for name, value in _document(place).items() if name not in kept}
        query = {"_id": place.code, "version": version, "holds": place.holds, "closed_at": None}
        change["version"] = version + 1
        if self._places.update_one(query, {"$set": change}, session=tx.session).matched_count == 0:
            raise Conflict(current=self.get(place.code, tx))
        if before.parent != place.parent:
            self._empty(tx, before.parent)
            self._fill(tx, place.parent)
        return replace(place, version=version + 1)

    def close(self, tx: Transaction, place: Place, at: datetime) -> Place:
        """Take a place out of use; it stands in no other any more. Raises Conflict where something is in it."""
        closed = replace(place, closed_at=at, holds=0, version=place.version + 1)
        query = {"_id": place.code, "version": place.version, "holds": 0, "closed_at": None}
        if self._places.replace_one(query, _document(closed), session=tx.session).matched_count == 0:
            raise Conflict(current=self.get(place.code, tx))
        self._empty(tx, place.parent)
        return closed

    def note_checked(self, tx: Transaction, code: str, at: datetime) -> None:
        self._places.update_one({"_id": code}, {"$set": {"checked_at": at}}, session=tx.session)

    def where(self, id_: str, tx: Transaction | None = None) -> Placed | None:
        """Where the original of a file or record lies."""
        found = self._placed.find_one({"_id": id_}, session=tx.session if tx else None)
        return _placed(found) if found else None

    def where_all(self, ids: Sequence[str], tx: Transaction | None = None) -> dict[str, Placed]:
        """The same of at most 200."""
        found = self._placed.find({"_id": {"$in": list(ids)[:LARGEST]}}, session=tx.session if tx else None)
        return {one["_id"]: _placed(one) for one in found}

    def contents(self, box: str, tx: Transaction | None = None) -> list[Placed]:
        """What lies in a box; no box holds more than `LARGEST`."""
        session = tx.session if tx else None
        found = self._placed.find({"box": box}, sort=[("_id", 1)], limit=LARGEST, session=session)
        return [_placed(one) for one in found]

    def put(self, tx: Transaction, placed: Placed) -> Placed | None:
        """Lay an original into a box; where it lay before. Raises Conflict where the box is full."""
        before = self.where(placed.id, tx)
        if before is not None and before.box == placed.box:
            return before
        if before is not None:
            self._empty(tx, before.box)
        self._fill(tx, placed.box)
        document = {
            "_id": placed.id, "item": placed.item, "file": placed.file_no, "box": placed.box, "by": placed.by,
            "at": placed.at,
        }  # fmt: skip
        self._placed.replace_one({"_id": placed.id}, document, upsert=True, session=tx.session)
        return before

    def take_out(self, tx: Transaction, id_: str, box: str) -> bool:
        """The original has no place any more; whether it lay in this box until now."""
        if self._placed.delete_one({"_id": id_, "box": box}, session=tx.session).deleted_count == 0:
            return False
        self._empty(tx, box)
        return True

    def _fill(self, tx: Transaction, code: str) -> None:
        if not code:
            return
        query, change = {"_id": code, "free": {"$gt": 0}}, {"$inc": {"holds": 1, "free": -1}}
        if self._places.update_one(query, change, session=tx.session).matched_count == 0:
            raise Conflict("那里已经放满，请换一处或调整容量")

    def _empty(self, tx: Transaction, code: str) -> None:
        if code:
            self._places.update_one({"_id": code}, {"$inc": {"holds": -1, "free": 1}}, session=tx.session)


def _code(kind: Kind, number: int) -> str:
    return f"{LETTERS[kind]}{number:05}"


def _document(place: Place) -> Document:
    document = asdict(place)
    document["_id"] = document.pop("code")
    document["free"] = place.free
    if place.closed_at is not None:  # it keeps where it stood, and is not found there: what is found stays bounded
        document["parent"], document["stood_in"] = None, place.parent
    return document


def _place(found: Document) -> Place:
    kept = {name: found[name] for name in Place.__dataclass_fields__ if name in found}  # older ones know no closing
    parent = found.get("stood_in", found["parent"])
    return Place(code=found["_id"], **{**kept, "kind": Kind(found["kind"]), "parent": parent})


def _placed(found: Document) -> Placed:
    return Placed(found["_id"], Item(found["item"]), found["file"], found["box"], found["by"], found["at"])
