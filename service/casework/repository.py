"""Cases in MongoDB: state, parties and times in clear, what people typed sealed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from bson import ObjectId
from bson.errors import InvalidId
from pymongo import IndexModel

from service.errors import Conflict, NotFound
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters
from service.store.keys import FileCipher, Keyring
from service.workflow import Case, Move, Party

C = TypeVar("C")
WINDOW = 100
INDEXES = (
    IndexModel([("n", 1)], unique=True),
    IndexModel([("requester", 1), ("own", 1)], unique=True),
    IndexModel([("files", 1), ("n", 1)]),
    IndexModel([("department", 1), ("n", 1)]),
)
"""Each collection of cases has these."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[C]):
    """A case and what it is about; `content` is None when the file that it was about is destroyed."""

    case: Case
    content: C | None


class Cases(Generic[C]):
    """One collection of cases. `load` makes the content from what `dump` (by default its fields) gave."""

    def __init__(
        self, store: Store, keys: Keyring, collection: str, states: type[StrEnum],
        load: Callable[[Mapping[str, Any]], C], dump: Callable[[C], Mapping[str, Any]] = asdict,  # type: ignore[assignment]
    ) -> None:  # fmt: skip
        self.kind = collection
        self._cases, self._keys, self._states = store.collection(collection), keys, states
        self._numbers, self._load, self._dump = Counters(store), load, dump

    def new_id(self) -> str:
        return str(ObjectId())

    def numbers(self, requester: str) -> tuple[int, int]:
        """A place among all cases and one among the requester's; taken outside the transaction."""
        return self._numbers.take(self.kind), self.own_number(requester)

    def own_number(self, requester: str) -> int:
        """A place among the requester's, for a case that comes to them from another."""
        return self._numbers.take(f"{self.kind}/{requester}")

    def add(self, tx: Transaction, kept: Kept[C], numbers: tuple[int, int], clear: Mapping[str, Any]) -> None:
        """Keep a new case. `clear` is what the feature looks up by."""
        document = {**self._document(tx, kept), **clear, "n": numbers[0], "own": numbers[1]}
        self._cases.insert_one(document, session=tx.session)

    def get(self, case_id: str, tx: Transaction | None = None) -> Kept[C]:
        """Raises NotFound."""
        found = self._cases.find_one({"_id": _object_id(case_id)}, session=tx.session if tx else None)
        if found is None:
            raise NotFound
        return self._kept(found)

    def many(self, ids: Sequence[str]) -> dict[str, Kept[C]]:
        """At most 100 cases by their ids."""
        wanted = [_object_id(one) for one in ids[:WINDOW]]
        return {str(one["_id"]): self._kept(one) for one in self._cases.find({"_id": {"$in": wanted}})}

    def replace(self, tx: Transaction, kept: Kept[C], version: int, clear: Mapping[str, Any]) -> Kept[C]:
        """Store a case over the version that was read. Raises Conflict with what stands there now."""
        raised = replace(kept, case=replace(kept.case, version=version + 1))
        document = {**self._document(tx, raised), **clear}
        query = {"_id": document.pop("_id"), "version": version}
        if self._cases.update_one(query, {"$set": document}, session=tx.session).matched_count == 0:
            raise Conflict(current=self.get(kept.case.id, tx).case)
        return raised

    def window(self, below: int | None = None) -> tuple[list[Kept[C]], int]:
        """Up to 100 cases begun before place `below`, newest first, and the next `below`; for registers."""
        return self._window({}, "n", self.kind, below)

    def of_requester(self, account: str, below: int | None = None) -> tuple[list[Kept[C]], int]:
        """The same of one requester."""
        return self._window({"requester": account}, "own", f"{self.kind}/{account}", below)

    def of_department(self, department: str, below: int | None = None) -> tuple[list[Kept[C]], int]:
        """Those that one department asked for, among the 100 begun before place `below`."""
        return self._window({"department": department}, "n", self.kind, below)

    def asked(self, account: str) -> list[Case]:
        """The requester's last cases, newest first, without a word that anybody typed: nothing is unsealed."""
        found, _ = self._found({"requester": account}, "own", f"{self.kind}/{account}", None)
        return [self._case(one) for one in found]

    def _window(self, query: Document, field: str, counter: str, below: int | None) -> tuple[list[Kept[C]], int]:
        found, start = self._found(query, field, counter, below)
        return [self._kept(one) for one in found], start

    def _found(self, query: Document, field: str, counter: str, below: int | None) -> tuple[list[Document], int]:
        last = self._numbers.last(counter) + 1
        end = min(below, last) if below is not None else last
        start = max(1, end - WINDOW)
        return list(self._cases.find({**query, field: {"$gte": start, "$lt": end}}, sort=[(field, -1)])), start

    def _document(self, tx: Transaction, kept: Kept[C]) -> Document:
        case, cipher = kept.case, self._cipher(kept.case.files, tx)
        document: Document = {
            "_id": ObjectId(case.id), "requester": case.requester, "department": case.department,
            "files": list(case.files), "state": case.state, "due": case.due.isoformat() if case.due else None,
            "version": case.version,
            "history": [_move(move) for move in case.history],
        }  # fmt: skip
        if cipher is not None and kept.content is not None:
            said = {"content": self._dump(kept.content), "notes": [move.note for move in case.history]}
            document["sealed"] = cipher.seal(f"{self.kind}/{case.id}", said)
        return document

    def _kept(self, found: Document) -> Kept[C]:
        cipher = self._cipher(found["files"], None)
        said: Any = cipher.open(f"{self.kind}/{found['_id']}", found["sealed"]) if cipher is not None else None
        return Kept(self._case(found, said["notes"] if said else ()), self._load(said["content"]) if said else None)

    def _case(self, found: Document, notes: Sequence[str] = ()) -> Case:
        history = tuple(
            Move(one["event"], one["after"], Party(one["party"]), one["by"], one["place_of"], one["at"], note)
            for one, note in zip(found["history"], notes or [""] * len(found["history"]), strict=True)
        )
        return Case(
            str(found["_id"]), found["requester"], found["department"], tuple(found["files"]),
            self._states(found["state"]), history, date.fromisoformat(found["due"]) if found["due"] else None,
            found["version"],
        )  # fmt: skip

    def _cipher(self, files: Sequence[str], tx: Transaction | None) -> FileCipher | None:
        """What is about one file lies under that file's key, and goes with it (T4); else under the system's."""
        if len(files) != 1:
            return self._keys.system
        try:
            return self._keys.cipher(files[0], tx)
        except NotFound:
            return None


def _move(move: Move) -> Document:
    return {
        "event": move.event, "after": move.after, "party": move.party, "by": move.by, "place_of": move.place_of,
        "at": move.at,
    }  # fmt: skip


def _object_id(text: str) -> ObjectId:
    try:
        return ObjectId(text)
    except (InvalidId, TypeError) as error:
        raise NotFound from error
