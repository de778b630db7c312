"""What the head of a file repeats of its filed records: name, ID number, hire date, post. Asks nobody."""

from dataclasses import replace
from typing import Any

from service.clock import Clock
from service.files.repository import Files
from service.files.rules import File, check_dates
from service.records.repository import Records
from service.records.rules import Record, State
from service.store.connection import Transaction

IDENTITY = ("basic", "identity")
_HIRE = ("onboarding", "hire")
_PROMOTION = ("career", "promotion")


class Mirror:
    """Follows each record that is filed, in the transaction in which it is."""

    def __init__(self, records: Records, files: Files, clock: Clock) -> None:
        self._records, self._files, self._clock = records, files, clock

    def follow(self, tx: Transaction, record: Record, before: Record | None) -> None:
        """Let the head follow `record`, kept already; `before` is what it was, where it was there."""
        self._repeat(tx, record)
        self._promote(tx, record, before)

    def _repeat(self, tx: Transaction, record: Record) -> None:
        """What the file's head repeats of its identity and hire records follows the last of them that stands.

        The ID number is that of the last one that has any: a record without does not free it for another file.
        """
        kind = (record.category, record.subcategory)
        if record.state is not State.FILED or kind not in (IDENTITY, _HIRE):
            return
        file = self._files.get(record.file_no, tx)
        standing = self.standing(file, kind, tx)
        if kind == IDENTITY:
            numbers = [one.fields["id_number"] for one in standing if one.fields.get("id_number")]
            self._files.set_id_number(tx, record.file_no, numbers[-1] if numbers else None)
        if not standing:
            return
        name = "name" if kind == IDENTITY else "hire_date"
        value = standing[-1].fields[name]
        if value != getattr(file, name):
            changed = replace(file, **{name: value})
            check_dates(changed)
            self._files.replace(tx, file, changed, file.version)

    def _promote(self, tx: Transaction, record: Record, before: Record | None) -> None:
        """The file's post is what the last change of post by its date says, once that is filed or corrected (P4).

        An older one that is filed late changes nothing, nor does one from before the file was opened that begins with
        another post than the head's: the head was opened as things stood then.
        """
        if record.state is not State.FILED or (record.category, record.subcategory) != _PROMOTION:
            return
        file = self._files.get(record.file_no, tx)
        standing = self.standing(file, _PROMOTION, tx)
        last = max(standing, key=lambda one: (one.date, one.number), default=None)
        known = before is not None and before.state is State.FILED and _said(before) == _said(record)
        opened = file.opened_at.astimezone(self._clock.zone).date().isoformat() if file.opened_at else ""
        past = record.date < opened and record.fields.get("from_post", file.post) != file.post
        if known or past or last is None or last.id != record.id or record.fields["to_post"] == file.post:
            return
        self._files.replace(tx, file, replace(file, post=record.fields["to_post"]), file.version)

    def standing(self, file: File, kind: tuple[str, str], tx: Transaction | None = None) -> list[Record]:
        """The file's records of one kind that are filed and were not found false, in the order of their making."""
        found = self._records.of_file(file.file_no, file.records, kind, tx)
        return [one for one in found if one.state is State.FILED and one.there]


def _said(record: Record) -> tuple[str, Any]:
    """What a change of post says: from when on, and which post."""
    return record.date, record.fields.get("to_post")
