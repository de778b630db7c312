"""Loans in MongoDB: cases, which originals are out, who waits for them, and whose letter is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pymongo import IndexModel

from service.casework import repository as cases
from service.casework.repository import Cases
from service.circulation.lending.rules import FREE, Loan, Original, State, blocked_by, kept
from service.errors import Conflict
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters
from service.store.keys import Keyring

COLLECTION, OUT, LINES, LETTERS = "loans", "originals_out", "loan_lines", "loan_letters"
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: cases.INDEXES,
    OUT: (IndexModel([("file", 1)]), IndexModel([("loan", 1)])),
    LINES: (IndexModel([("original", 1), ("n", 1)], unique=True), IndexModel([("loan", 1)])),
    LETTERS: (),
}


def loans(store: Store, keys: Keyring) -> Cases[Loan]:
    """All loans."""
    return Cases(store, keys, COLLECTION, State, kept, Loan.given)


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
        return [_out(found) for found in self._out.find({"file": file_no}, limit=200)]

    def away(self, files: Mapping[str, str], tx: Transaction | None = None) -> dict[str, date]:
        """Until when originals, each given with its file's number, are lent, alone or with their whole file."""
        keys, due = list(dict.fromkeys((*files, *files.values()))), dict[str, date | None]()
        for start in range(0, len(keys), 200):
            query = {"_id": {"$in": keys[start : start + 200]}}
            for found in self._out.find(query, session=tx.session if tx else None):
                due[found["_id"]] = _out(found).due
        return {id_: day for id_, file_no in files.items() if (day := due.get(id_) or due.get(file_no))}

    def loan_of(self, code: str) -> str | None:
        """The loan by which an original is out, or else that stands first in line for it."""
        found = self._out.find_one({"_id": code}) or self._lines.find_one({"original": code}, sort=[("n", 1)])
        return str(found["loan"]) if found else None

    def has_letter(self, loan: str) -> bool:
        """Whether the letter of an organisation's loan was scanned."""
        return self._letters.find_one({"_id": loan}, {"_id": 1}) is not None

    def is_free(self, originals: Sequence[Original], loan: str, tx: Transaction | None = None) -> bool:
        """Whether none of these is out, and `loan` stands first in the line for each."""
        session = tx.session if tx else None
        for original in originals:
            if original.id == original.file_no:  # the whole file: none of its records may be out either
                query: Document = {"file": original.file_no}
            else:
                query = {"_id": {"$in": list(blocked_by(original))}}
            if self._out.find_one(query, session=session) is not None:
                return False
            for key in blocked_by(original):
                first = self._lines.find_one({"original": key}, sort=[("n", 1)], session=session)
                if first is not None and first["loan"] != loan:
                    return False
        return True

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

    def take_back(self, tx: Transaction, loan: str, *, lost: bool) -> None:
        """They are in their place again, or are lost and can be lent to nobody."""
        if lost:
            self._out.update_many({"loan": loan}, {"$set": {"lost": True, "due": None}}, session=tx.session)
            return
        self._out.delete_many({"loan": loan}, session=tx.session)

    def numbers(self, originals: Sequence[Original]) -> dict[str, int]:
        """A place in the line for each; taken outside the transaction."""
        return {one.id: self._numbers.take(f"loan_lines/{one.id}") for one in originals}

    def wait(self, tx: Transaction, loan: str, account: str, places: Mapping[str, int]) -> None:
        """Stand in line for these."""
        if places:
            self._lines.insert_many(
                [{"original": id_, "n": n, "loan": loan, "account": account} for id_, n in places.items()],
                session=tx.session,
            )

    def leave(self, tx: Transaction, loan: str) -> None:
        """Stand in no line any more."""
        self._lines.delete_many({"loan": loan}, session=tx.session)

    def first_in_line(self, originals: Sequence[Original], tx: Transaction | None = None) -> dict[str, str]:
        """Who stands first in line for any of these: the account by the loan."""
        session = tx.session if tx else None
        found = [self._lines.find_one({"original": one.id}, sort=[("n", 1)], session=session) for one in originals]
        return {one["loan"]: one["account"] for one in found if one}


def _out(found: Document) -> Out:
    due = date.fromisoformat(found["due"]) if found.get("due") else None
    return Out(found["_id"], found["file"], found["loan"], found["borrower"], due, found.get("lost", False))
