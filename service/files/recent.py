"""Which files a person opened last: a convenience, kept apart from the trail, which proves it."""

from service.store.connection import Store

COLLECTION = "recent"
MOST = 12


class Recent:
    """One small document for each account: file numbers, the last one first."""

    def __init__(self, store: Store) -> None:
        self._recent = store.collection(COLLECTION)

    def of(self, account: str) -> list[str]:
        found = self._recent.find_one({"_id": account})
        return list(found["files"]) if found else []

    def note(self, account: str, file_no: str) -> None:
        """Put a file first; two windows of one person at once may lose the earlier of the two."""
        before = self.of(account)
        if before[:1] == [file_no]:
            return
        files = [file_no, *(one for one in before if one != file_no)][:MOST]
        self._recent.update_one({"_id": account}, {"$set": {"files": files}}, upsert=True)
