"""What an office has decided, in MongoDB: a small document of its settings, one of what it added to the catalogue."""

import time
from ipaddress import ip_network
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from service.catalogue import numbering, workdays
from service.catalogue.model import Catalogue, Category, Setting
from service.catalogue.own import Own, merged
from service.errors import Conflict, FieldError, Invalid
from service.store.connection import Document, Store, Transaction

COLLECTION = "settings"
_ID, _OWN = "policy", "catalogue"
KEPT_SECONDS = 2.0


class PolicySettings:
    """The policy's `[X]`, with the catalogue's defaults where nothing was set."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._settings = store.collection(COLLECTION)
        self._catalogue = catalogue
        self._kept: tuple[float, Document] = (-KEPT_SECONDS, {})

    def all(self) -> tuple[dict[str, Any], int]:
        """Every setting's value, and the version to name when changing them."""
        found = self._settings.find_one({"_id": _ID}) or {"values": {}, "version": 0}
        self._kept = (time.monotonic(), found)
        return self._values(found)

    def _values(self, found: Document) -> tuple[dict[str, Any], int]:
        return {one.key: found["values"].get(one.key, one.default) for one in self._catalogue.settings}, found[
            "version"
        ]

    def value(self, key: str) -> Any:
        """One setting's value; another process's change is seen within `KEPT_SECONDS`."""
        at, found = self._kept
        if time.monotonic() - at < KEPT_SECONDS:
            return self._values(found)[0][key]
        return self.all()[0][key]

    def complete(self) -> tuple[int, ...]:
        """The years of which the office said that it marked all holidays and make-up days."""
        return workdays.read_years(str(self.value("own_years")))

    def key_confirmed(self) -> bool:
        """Whether somebody said that a copy of the master key is kept elsewhere."""
        return self._settings.find_one({"_id": "master_key"}) is not None

    def confirm_key(self, tx: Transaction) -> None:
        self._settings.update_one({"_id": "master_key"}, {"$set": {"copied": True}}, upsert=True, session=tx.session)

    def change(self, tx: Transaction, values: dict[str, Any], version: int) -> None:
        """Store `values` over the version that was read. Raises Invalid, or Conflict if someone was faster."""
        self._kept = (-KEPT_SECONDS, {})
        kept = {key: checked(self._catalogue.setting(key), value) for key, value in values.items()}
        change = {"$set": {f"values.{key}": value for key, value in kept.items()}, "$inc": {"version": 1}}
        _replace(self._settings, tx, _ID, change, version)


def checked(setting: Setting, value: Any) -> Any:
    """`value` if the setting can have it. Raises Invalid with the mend."""
    if setting.key == "numbering_rule":
        return numbering.check(str(value).strip())
    if setting.kind == "integer":
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise Invalid(fields=[FieldError(setting.key, "%(field)s：请填写整数", {"field": setting})]) from None
        if not (setting.min or 0) <= number <= (setting.max or 10**9):
            bounds = {"field": setting, "least": setting.min, "most": setting.max}
            raise Invalid(fields=[FieldError(setting.key, "%(field)s：应在 %(least)s 与 %(most)s 之间", bounds)])
        return number
    if setting.kind == "yes_no" and value not in ("yes", "no"):
        raise Invalid(fields=[FieldError(setting.key, "%(field)s：请选择是或否", {"field": setting})])
    if setting.kind == "days":
        marks = workdays.read_marks(str(value))
        return " ".join(f"{day}{'班' if works else '休'}" for day, works in sorted(marks.items()))
    if setting.kind == "years":
        return " ".join(map(str, workdays.read_years(str(value))))
    if setting.kind == "networks":
        return _networks(setting, str(value))
    return str(value)


def _replace(kept: Collection[Document], tx: Transaction, name: str, change: Document, version: int) -> None:
    """Change the document over the version that was read, 0 for none yet. Raises Conflict if someone was faster."""
    try:
        wanted = {"_id": name, "version": version}
        done = kept.update_one(wanted, change, upsert=version == 0, session=tx.session)
    except DuplicateKeyError as error:
        raise Conflict from error
    if done.matched_count == 0 and done.upserted_id is None:
        raise Conflict


class CompanyCatalogue(Catalogue):
    """The catalogue that ships, with what the company added; another process's change is seen in `KEPT_SECONDS`."""

    def __init__(self, store: Store, shipped: Catalogue) -> None:
        super().__init__(shipped.categories, shipped.settings)
        self._kept_own = store.collection(COLLECTION)
        self._shipped = shipped.categories
        self._own, self._read_at = Own(), -KEPT_SECONDS

    @property
    def categories(self) -> tuple[Category, ...]:
        if time.monotonic() - self._read_at >= KEPT_SECONDS:
            self.own()
        return self._categories

    def own(self) -> Own:
        """What was added, as it stands in the store now."""
        found = self._kept_own.find_one({"_id": _OWN}) or {"version": 0}
        if found["version"] != self._own.version:
            own = Own(tuple(found["subcategories"]), tuple(found["fields"]), found["version"])
            self._categories, self._own = merged(self._shipped, own), own
        self._read_at = time.monotonic()
        return self._own

    def keep(self, tx: Transaction, own: Own, version: int) -> None:
        """Store `own` over the version that was read. Raises Conflict if someone was faster."""
        change = {"subcategories": list(own.subcategories), "fields": list(own.fields), "version": version + 1}
        _replace(self._kept_own, tx, _OWN, {"$set": change}, version)
        self._read_at = -KEPT_SECONDS


def _networks(setting: Setting, text: str) -> str:
    """Networks such as `10.1.0.0/16`, separated by commas."""
    try:
        found = [
            str(ip_network(one.strip(), strict=False)) for one in text.replace("，", ",").split(",") if one.strip()
        ]
    except ValueError:
        raise Invalid(
            fields=[FieldError(setting.key, "%(field)s：请按 10.1.0.0/16 的格式填写", {"field": setting})]
        ) from None
    return ", ".join(found)
