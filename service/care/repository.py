"""Facilities, keepers and trainings in MongoDB: dozens, not thousands. What they are called names no agent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from service.care.rules import Agreement, Duty, Facility, FacilityKind, Keeper, State, Training, kept_duty
from service.casework import repository as cases
from service.casework.repository import Cases
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters
from service.store.keys import Keyring

FACILITIES, KEEPERS, TRAININGS, DUTIES = "facilities", "keepers", "trainings", "duties"
AGREEMENTS = "agreements"
MOST = 200
WINDOW = 100
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    FACILITIES: (),
    KEEPERS: (),
    TRAININGS: (IndexModel([("n", 1)], unique=True),),
    AGREEMENTS: (IndexModel([("account", 1), ("n", 1)], unique=True),),
    DUTIES: cases.INDEXES,
}


def duties(store: Store, keys: Keyring) -> Cases[Duty]:
    """All duties, done and undone."""
    return Cases(store, keys, DUTIES, State, kept_duty)


class Care:
    """What is looked after. Facilities and keepers are at most `MOST`."""

    def __init__(self, store: Store) -> None:
        self._facilities, self._keepers = store.collection(FACILITIES), store.collection(KEEPERS)
        self._trainings, self._numbers = store.collection(TRAININGS), Counters(store)
        self._agreements = store.collection(AGREEMENTS)

    def facilities(self) -> list[Facility]:
        return [_facility(one) for one in self._facilities.find({}, sort=[("_id", 1)], limit=MOST)]

    def facility(self, id_: str, tx: Transaction | None = None) -> Facility:
        """Raises NotFound."""
        try:
            found = self._facilities.find_one({"_id": ObjectId(id_)}, session=tx.session if tx else None)
        except InvalidId:
            found = None
        if found is None:
            raise NotFound
        return _facility(found)

    def add_facility(self, tx: Transaction, facility: Facility) -> None:
        self._facilities.insert_one(_plain(facility, ObjectId(facility.id)), session=tx.session)

    def replace_facility(self, tx: Transaction, facility: Facility) -> None:
        """Store it over the version that was read. Raises Conflict if someone was faster."""
        document = _plain(facility, ObjectId(facility.id))
        document["version"] = facility.version + 1
        query = {"_id": document["_id"], "version": facility.version}
        if self._facilities.replace_one(query, document, session=tx.session).matched_count == 0:
            raise Conflict

    def keepers(self) -> list[Keeper]:
        return [_keeper(one) for one in self._keepers.find({}, sort=[("_id", 1)], limit=MOST)]

    def keeper(self, account: str, tx: Transaction | None = None) -> Keeper:
        """Raises NotFound."""
        found = self._keepers.find_one({"_id": account}, session=tx.session if tx else None)
        if found is None:
            raise NotFound
        return _keeper(found)

    def is_bound(self, account: str, today: date) -> bool:
        """Whether an agreement of the account's holds today (K3)."""
        found = self._keepers.find_one({"_id": account})
        return found is not None and _keeper(found).bound(today)

    def add_keeper(self, tx: Transaction, keeper: Keeper) -> None:
        """Raises Invalid where the account is designated already."""
        try:
            self._keepers.insert_one(_plain(keeper, keeper.account), session=tx.session)
        except DuplicateKeyError as error:
            raise Invalid(fields=[FieldError("account", "账号：已经是指定的档案管理员")]) from error

    def replace_keeper(self, tx: Transaction, keeper: Keeper) -> None:
        """Store it over the version that was read. Raises Conflict if someone was faster."""
        document = {**_plain(keeper, keeper.account), "version": keeper.version + 1}
        query = {"_id": keeper.account, "version": keeper.version}
        if self._keepers.replace_one(query, document, session=tx.session).matched_count == 0:
            raise Conflict

    def agreements(self, keeper: Keeper) -> list[Agreement]:
        """The last agreements of an archivist, newest first."""
        end = self._numbers.last(f"{AGREEMENTS}/{keeper.account}") + 1
        window = {"account": keeper.account, "n": {"$gte": max(1, end - WINDOW), "$lt": end}}
        found = [
            Agreement(one["account"], date.fromisoformat(one["agreed"]), date.fromisoformat(one["expires"]), one["by"])
            for one in self._agreements.find(window, sort=[("n", -1)])
        ]
        if not found and keeper.agreed and keeper.expires:  # entered before they were kept one by one
            return [Agreement(keeper.account, keeper.agreed, keeper.expires)]
        return found

    def agreement_number(self, account: str, count: int) -> int:
        """The first of some numbers of an archivist's agreements; taken outside the transaction."""
        return self._numbers.take(f"{AGREEMENTS}/{account}", count)

    def add_agreements(self, tx: Transaction, agreements: Sequence[Agreement], number: int) -> None:
        documents = [{**_plain(one, ObjectId()), "n": n} for n, one in enumerate(agreements, number)]
        self._agreements.insert_many(documents, session=tx.session)

    def number(self) -> int:
        """The number of one more training; taken outside the transaction."""
        return self._numbers.take(TRAININGS)

    def add_training(self, tx: Transaction, training: Training, number: int) -> None:
        self._trainings.insert_one({**_plain(training, ObjectId()), "n": number}, session=tx.session)

    def trainings(self, below: int | None = None) -> tuple[list[Training], int]:
        """Up to 100 trainings entered before place `below`, newest first, and the next `below`: the register."""
        end = self._numbers.last(TRAININGS) + 1
        end = min(below, end) if below is not None else end
        start = max(1, end - WINDOW)
        found = self._trainings.find({"n": {"$gte": start, "$lt": end}}, sort=[("n", -1)])
        return [
            Training(one["account"], one["subject"], date.fromisoformat(one["day"]), one["hours"], one["by"])
            for one in found
        ], start


def _plain(thing: Facility | Keeper | Training | Agreement, id_: object) -> Document:
    document = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(thing).items()}
    document.pop("id", None)
    return {"_id": id_, **document}


def _date(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def _facility(found: Document) -> Facility:
    return Facility(
        str(found["_id"]), FacilityKind(found["kind"]), found["name"], found["where"], found["every_days"],
        date.fromisoformat(found["due"]), found["duty"], found["version"], _date(found.get("retired")),
    )  # fmt: skip


def _keeper(found: Document) -> Keeper:
    return Keeper(
        found["_id"], date.fromisoformat(found["since"]), _date(found["until"]), _date(found["agreed"]),
        _date(found["expires"]), _date(found["trained"]), found["agreement_duty"], found["training_duty"],
        found["version"],
    )  # fmt: skip
