"""Loans in MongoDB: cases, which originals are out, who waits for them, and whose letter is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pymongo import IndexModel

from service.casework import repository as cases
from service.casework.repository import Cases
from service.circulation.lending.rules import FREE, Item, Loan, Original, State, kept
from service.errors import Conflict
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters
from service.store.keys import Keyring

COLLECTION, OUT, LINES, LETTERS = "loans", "originals_out", "loan_lines", "loan_letters"
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: cases.INDEXES,
    OUT: (IndexModel([("file", 1)]), IndexModel([("loan", 1)])),
    LINES: (IndexModel([("original", 1), ("n", 1)], unique=True), IndexModel([("loan", 1)]), IndexModel([("file", 1)])),
    LETTERS: (),
}


def loans(store: Store, keys: Keyring) -> Cases[Loan]:
    """All loans."""
    return Cases(store, keys, COLLECTION, State, kept, Loan.given)


MOST = 200
_IN_LINE = [("at", 1), ("n", 1)]
"""Early lines know no time: they stand before all others, in their order."""


@dataclass(frozen=True, slots=True)
class Out:
    """An original that is not in its place: with a borrower until a day, or lost."""

    original: str
    file_no: str
    loan: str
    borrower: str
    due: date | None
    lost: bool = False


class Originals:
    """What is out, one document for each original; and the line of those who wait for it."""

    def __init__(self, store: Store) -> None:
        self._out, self._lines, self._numbers = store.collection(OUT), store.collection(LINES), Counters(store)
        self._letters = store.collection(LETTERS)

    def out(self, file_no: str) -> list[Out]:
        """What of a file is out."""
        return [_out(found) for found in self._out.find({"file": file_no}, limit=MOST)]

    def away(self, files: Mapping[str, str], tx: Transaction | None = None) -> dict[str, date]:
        """Until when originals, each given with its file's number, are lent, alone or with their whole file."""
        keys, due = list(dict.fromkeys((*files, *files.values()))), dict[str, date | None]()
        for start in range(0, len(keys), 200):
            query = {"_id": {"$in": keys[start : start + 200]}}
            for found in self._out.find(query, session=tx.session if tx else None):
                due[found["_id"]] = _out(found).due
        return {id_: day for id_, file_no in files.items() if (day := due.get(id_) or due.get(file_no))}

    def loans_of(self, originals: Sequence[Original]) -> tuple[str, ...]:
        """The loans by which any of these is out, in whole or in part, or else that stand first in line for one."""
        out = [self._out.find_one({"_id": one.id}) or self._out.find_one(_touching("_id", one)) for one in originals]
        found = [one for one in out if one] or [first for one in originals if (first := self._first(one))]
        return tuple(dict.fromkeys(str(one["loan"]) for one in found))

    def has_letter(self, loan: str) -> bool:
        """Whether the letter of an organisation's loan was scanned."""
        return self._letters.find_one({"_id": loan}, {"_id": 1}) is not None

    def is_free(
        self, originals: Sequence[Original], loan: str, tx: Transaction | None = None, without: str = ""
    ) -> bool:
        """Whether none of these is out, in whole or in part, and `loan` stands first in the line for each; as if the
        loan `without` had nothing and stood nowhere."""
        session = tx.session if tx else None
        for one in originals:
            if self._out.find_one({**_touching("_id", one), "loan": {"$ne": without}}, {"_id": 1}, session=session):
                return False
            first = self._first(one, tx, without)
            if first is not None and first["loan"] != loan:
                return False
        return True

    def _first(self, original: Original, tx: Transaction | None = None, without: str = "") -> Document | None:
        query = {**_touching("original", original), "loan": {"$ne": without}}
        return self._lines.find_one(query, sort=_IN_LINE, session=tx.session if tx else None)

    def hand_over(self, tx: Transaction, originals: Sequence[Original], loan: str, borrower: str, due: date) -> None:
        """Note that they are out. Raises Conflict where one of them is, or others wait before `loan`."""
        if not self.is_free(originals, loan, tx):
            raise Conflict(FREE.refusal)
        self._out.insert_many(
            [
                {"_id": one.id, "file": one.file_no, "loan": loan, "borrower": borrower, "due": due.isoformat()}
                for one in originals
            ],
            session=tx.session,
        )
        self.leave(tx, loan)

    def extend(self, tx: Transaction, loan: str, due: date) -> None:
        self._out.update_many({"loan": loan}, {"$set": {"due": due.isoformat()}}, session=tx.session)

    def take_back(self, tx: Transaction, loan: str, originals: Sequence[Original], lost: Sequence[str]) -> None:
        """They are in their place again, but for those that are lost and can be lent to nobody."""
        back = [one.id for one in originals if one.id not in lost]
        self._out.delete_many({"_id": {"$in": back}, "loan": loan}, session=tx.session)
        self._out.update_many({"loan": loan}, {"$set": {"lost": True, "due": None}}, session=tx.session)

    def numbers(self, originals: Sequence[Original]) -> dict[str, int]:
        """A place in the line for each; taken outside the transaction."""
        return {one.id: self._numbers.take(f"loan_lines/{one.id}") for one in originals}

    def wait(
        self, tx: Transaction, loan: str, account: str, originals: Sequence[Original], places: Mapping[str, int],
        at: datetime,
    ) -> None:  # fmt: skip
        """Stand in line for these."""
        if originals:
            self._lines.insert_many(
                [
                    {"original": one.id, "file": one.file_no, "n": places[one.id], "at": at, "loan": loan,
                     "account": account}
                    for one in originals
                ],
                session=tx.session,
            )  # fmt: skip

    def leave(self, tx: Transaction, loan: str) -> None:
        """Stand in no line any more."""
        self._lines.delete_many({"loan": loan}, session=tx.session)

    def waiting(self, originals: Sequence[Original]) -> dict[str, str]:
        """Who waits for any of these, in whole or in part: the account by the loan, the first in line first."""
        found = [
            line
            for original in originals
            for line in self._lines.find(_touching("original", original), sort=_IN_LINE, limit=MOST)
        ]
        return {line["loan"]: line["account"] for line in found}


def _touching(field: str, original: Original) -> Document:
    """What is the same paper as an original, has it as a part or is a part of it. Pure."""
    if original.item is Item.RECORD:
        return {field: {"$in": [original.id, original.file_no]}}
    return {"$or": [{field: original.id}, {"file": original.file_no}]}  # early lines name no file


def _out(found: Document) -> Out:
    due = date.fromisoformat(found["due"]) if found.get("due") else None
    return Out(found["_id"], found["file"], found["loan"], found["borrower"], due, found.get("lost", False))
