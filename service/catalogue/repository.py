"""The settings that an office has changed, in MongoDB: one small document."""

from typing import Any

from service.catalogue import numbering
from service.catalogue.model import Catalogue, Setting
from service.errors import Conflict, FieldError, Invalid
from service.store.connection import Store, Transaction

COLLECTION = "settings"
_ID = "policy"


class PolicySettings:
    """The policy's `[X]`, with the catalogue's defaults where nothing was set."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._settings = store.collection(COLLECTION)
        self._catalogue = catalogue

    def all(self) -> tuple[dict[str, Any], int]:
        """Every setting's value, and the version to name when changing them."""
        found = self._settings.find_one({"_id": _ID}) or {"values": {}, "version": 0}
        return {one.key: found["values"].get(one.key, one.default) for one in self._catalogue.settings}, found[
            "version"
        ]

    def value(self, key: str) -> Any:
        return self.all()[0][key]

    def change(self, tx: Transaction, values: dict[str, Any], version: int) -> None:
        """Store `values` over the version that was read. Raises Invalid, or Conflict if someone was faster."""
        kept = {key: checked(self._catalogue.setting(key), value) for key, value in values.items()}
        changed = self._settings.update_one(
            {"_id": _ID, "version": version},
            {"$set": {f"values.{key}": value for key, value in kept.items()}, "$inc": {"version": 1}},
            upsert=version == 0,
            session=tx.session,
        )
        if changed.matched_count == 0 and changed.upserted_id is None:
            raise Conflict


def checked(setting: Setting, value: Any) -> Any:
    """`value` if the setting can have it. Raises Invalid with the mend."""
    if setting.key == "numbering_rule":
        return numbering.check(str(value).strip())
    if setting.kind == "integer":
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise Invalid(fields=[FieldError(setting.key, f"{setting.zh}：请填写整数")]) from None
        if not (setting.min or 0) <= number <= (setting.max or 10**9):
            raise Invalid(fields=[FieldError(setting.key, f"{setting.zh}：应在 {setting.min} 与 {setting.max} 之间")])
        return number
    return str(value)
