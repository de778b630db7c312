"""Stocktakes: scan what stands in a place, and get what is missing, misplaced, surplus and lent (policy S5, M1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bson import ObjectId
from bson.errors import InvalidId
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Audit
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.person import Person
from service.places.operations import PlaceOperations, place_chain
from service.places.repository import Places
from service.places.rules import LARGEST, Difference, Lent, Place, check_open, compared
from service.store.connection import Document, Store, Transaction

COLLECTION = "stocktakes"
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: (
        IndexModel([("place", 1), ("open", 1)], unique=True, partialFilterExpression={"open": True}),
        IndexModel([("place", 1), ("began", 1)]),
    ),
}
MOST = 2 * LARGEST
ENDED = "这次盘点已经结束，这一件没有登记：请重新开始一次盘点"
Away = Callable[[Mapping[str, str], Transaction | None], Mapping[str, date]]
"""Until when originals, each given with its file's number, are lent. Loans live a line above this room."""


@dataclass(frozen=True, slots=True)
class Stocktake:
    """One stocktake of a place: what was scanned so far, and what was found when it was closed."""

    id: str
    place: str
    by: str
    began: datetime
    found: tuple[str, ...] = ()
    closed: datetime | None = None
    difference: Difference | None = None


class Stocktaking:
    """Beginning, scanning and closing. Every method asks the gate first."""

    def __init__(
        self, store: Store, places: Places, operations: PlaceOperations, audit: Audit, gate: Gate, clock: Clock,
        away: Away,
    ) -> None:  # fmt: skip
        self._store, self._stocktakes, self._away = store, store.collection(COLLECTION), away
        self._places, self._operations = places, operations
        self._audit, self._gate, self._clock = audit, gate, clock

    def begin(self, person: Person, code: str) -> Stocktake:
        """A stocktake of a place, or the one that is open there already."""
        self._gate.require(person, Action.KEEP_PLACES)
        place = self._places.get(code)
        check_open(place)
        there = self._stocktakes.find_one({"place": code, "open": True})
        if there is not None:
            return _stocktake(there)
        made = Stocktake(str(ObjectId()), place.code, person.account, self._clock.now())

        def work(tx: Transaction) -> Stocktake:
            document = {
                "_id": ObjectId(made.id), "place": code, "by": made.by, "began": made.began, "found": [], "open": True,
            }  # fmt: skip
            self._stocktakes.insert_one(document, session=tx.session)
            self._note(tx, person, "stocktake.began", made)
            return made

        try:
            return self._store.transact(work, queue=(place_chain(code),))
        except DuplicateKeyError as error:
            raise Conflict("这里的盘点刚由他人开始，请刷新后查看") from error

    def get(self, person: Person, stocktake_id: str) -> tuple[Stocktake, Place, Difference]:
        """A stocktake, its place, and what differs so far or differed when it was closed."""
        self._gate.require(person, Action.READ_PLACES)
        stocktake = self._get(stocktake_id)
        place = self._places.get(stocktake.place)
        return stocktake, place, stocktake.difference or self._difference(place, stocktake.found)

    def scan(self, person: Person, stocktake_id: str, code: str) -> Stocktake:
        """Note that what carries this label stands here. Raises Invalid where nothing does, Conflict once it ended."""
        self._gate.require(person, Action.KEEP_PLACES)
        stocktake = self._get(stocktake_id)
        try:
            _, known = self._operations.found_by(person, code.strip())
        except NotFound:
            raise Invalid(fields=[FieldError("code", "标签：没有这个编号，请重新扫描")]) from None
        if stocktake.closed is not None:
            raise Conflict(ENDED)
        if len(stocktake.found) >= MOST:
            raise Invalid(fields=[FieldError("code", "一次盘点最多 %(most)s 件：请分几次盘点", {"most": MOST})])
        if known == stocktake.place:
            return stocktake
        query = {"_id": ObjectId(stocktake.id), "open": True}
        if self._stocktakes.update_one(query, {"$addToSet": {"found": known}}).matched_count == 0:
            raise Conflict(ENDED)
        return self._get(stocktake_id)

    def close(self, person: Person, stocktake_id: str) -> Stocktake:
        """End a stocktake and keep what differed; the place counts as checked."""
        self._gate.require(person, Action.KEEP_PLACES)
        place, now = self._places.get(self._get(stocktake_id).place), self._clock.now()

        def work(tx: Transaction) -> Stocktake:
            stocktake = self._get(stocktake_id, tx)  # a scan that comes in between starts this again
            differs = self._difference(place, stocktake.found, tx)
            change = {
                "closed": now, "missing": list(differs.missing), "misplaced": list(differs.misplaced),
                "surplus": list(differs.surplus),
                "lent": [{"id": one.id, "due": one.due.isoformat()} for one in differs.lent],
            }  # fmt: skip
            query = {"_id": ObjectId(stocktake.id), "open": True}
            done = self._stocktakes.update_one(query, {"$set": change, "$unset": {"open": ""}}, session=tx.session)
            if done.matched_count == 0:
                raise Conflict("这次盘点已经结束")
            self._places.note_checked(tx, place.code, now)
            self._note(tx, person, "stocktake.closed", stocktake)
            return replace(stocktake, closed=now, difference=differs)

        return self._store.transact(work, queue=(place_chain(place.code),))

    def _difference(self, place: Place, found: Sequence[str], tx: Transaction | None = None) -> Difference:
        files = {one.id: one.file_no for one in self._places.contents(place.code, tx)}
        expected = {*files, *(one.code for one in self._places.inside(place.code, tx))}
        extra = [one for one in found if one not in expected]
        elsewhere: set[str] = set()
        for start in range(0, len(extra), LARGEST):
            some = extra[start : start + LARGEST]
            elsewhere.update(self._places.where_all(some, tx), self._places.many(some, tx))
        absent = {id_: file_no for id_, file_no in files.items() if id_ not in found}
        return compared(expected, found, elsewhere, self._away(absent, tx))

    def _get(self, stocktake_id: str, tx: Transaction | None = None) -> Stocktake:
        try:
            id_ = ObjectId(stocktake_id)
            found = self._stocktakes.find_one({"_id": id_}, session=tx.session if tx else None)
        except InvalidId:
            found = None
        if found is None:
            raise NotFound("没有这次盘点")
        return _stocktake(found)

    def _note(self, tx: Transaction, person: Person, action: str, stocktake: Stocktake) -> None:
        ids = {"place": stocktake.place, "stocktake": stocktake.id}
        self._audit.append(tx, person, action, subject=place_chain(stocktake.place), ids=ids)


def _stocktake(found: Document) -> Stocktake:
    differs = None
    if found.get("closed"):
        lent = tuple(Lent(one["id"], date.fromisoformat(one["due"])) for one in found.get("lent", ()))
        differs = Difference(tuple(found["missing"]), tuple(found["misplaced"]), tuple(found["surplus"]), lent)
    return Stocktake(
        str(found["_id"]), found["place"], found["by"], found["began"], tuple(found["found"]), found.get("closed"),
        differs,
    )  # fmt: skip
