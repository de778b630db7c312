"""What the archive knows of the pages that were lent, for the check of what came back (L6)."""

from collections.abc import Iterator

from service.circulation.lending.checking import Archived
from service.circulation.lending.findings import COLLECTION, State
from service.circulation.lending.rules import Loan
from service.files.repository import Files
from service.records.repository import Records
from service.records.rules import State as RecordState
from service.scans.repository import Scans
from service.store.connection import Store

MOST_COMPARED = 100
_TOGETHER = 200


class Counting:
    """Counts the scanned pages of filed records. Its callers have asked the policy."""

    def __init__(self, store: Store, files: Files, records: Records, scans: Scans) -> None:
        self._comparisons = store.collection(COLLECTION)
        self._files, self._records, self._scans = files, records, scans

    def archived(self, loan_id: str, loan: Loan) -> Archived:
        """What a return of this loan is held against."""
        records, pages, scanned = list(self._lent(loan)), 0, 0
        for start in range(0, len(records), _TOGETHER):
            for scans in self._scans.of_records(records[start : start + _TOGETHER]).values():
                shown = sum(len(scan.shown()) for scan in scans)
                pages, scanned = pages + shown, scanned + bool(shown)
        return Archived(pages, len(records) - scanned, self._differs(loan_id))

    def _lent(self, loan: Loan) -> Iterator[str]:
        lent = {original.id for original in loan.originals}
        for file_no in dict.fromkeys(original.file_no for original in loan.originals):
            for record in self._records.of_file(file_no, self._files.get(file_no).records):
                if record.state is RecordState.FILED and not lent.isdisjoint((record.id, file_no)):
                    yield record.id

    def _differs(self, loan_id: str) -> bool:
        """Whether the newest comparison of any file's pages found something."""
        newest: dict[str, bool] = {}
        query = {"loan": loan_id, "state": State.COMPARED}
        for one in self._comparisons.find(query, {"file": 1, "findings": 1}, sort=[("at", -1)], limit=MOST_COMPARED):
            newest.setdefault(one["file"], bool(one["findings"]))
        return any(newest.values())
