"""Returned pages, compared with the archived ones (L6): a second queue of the worker."""

import io
from collections.abc import Iterator
from dataclasses import replace

from PIL import Image
from pymongo.errors import PyMongoError

from scanner_ingest import decode, pages
from scanner_ingest.compare import Compared, as_laid, compared
from service.bootstrap import Archive
from service.circulation.lending.comparing import QUEUE
from service.circulation.lending.findings import Comparison
from service.errors import NotFound
from service.logs import logger
from service.store.blobs import Blob, Blobs, Damaged
from service.store.jobs import Lease, LeaseLost

log = logger("ingest")
_ATTEMPTS = 3
"""More would have taken their worker with them; an error that is met ends the first."""


class Returned:
    """Takes a comparison's lease, and ends it with what was found."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._comparing = archive, archive.comparing
        self._previews = Blobs(archive.store, "previews")

    def work(self, lease: Lease) -> None:
        """Make one comparison. Raises LeaseLost."""
        try:
            comparison = self._comparing.waiting(lease.subject)
        except NotFound:  # its file was destroyed meanwhile
            self._archive.store.transact(lambda tx: self._archive.jobs.finish(tx, lease))
            return
        if lease.attempt > _ATTEMPTS:
            log.error("ingest.given_up", comparison=comparison.id, attempt=lease.attempt)
            self._comparing.fail(lease, comparison, "比对程序几次中断：请人工核对")
            return
        try:
            seen = compared(self._archived(comparison), self._came(comparison))
            shown = self._shown(comparison, seen)
        except (pages.Unreadable, Damaged) as error:
            reason = str(error) if isinstance(error, pages.Unreadable) else "存储的原件已损坏"
            self._comparing.fail(lease, comparison, reason)
        except (PyMongoError, LeaseLost):
            raise
        except Exception as error:
            log.error("ingest.fault", comparison=comparison.id, kind=type(error).__name__)
            self._comparing.fail(lease, comparison, "比对程序出错：请人工核对")
        else:
            made = replace(comparison, findings=seen.findings, returned=seen.returned)
            self._comparing.finish(lease, made, shown)

    def _came(self, comparison: Comparison) -> Iterator[Image.Image]:
        """The returned pages, one at a time. Raises Unreadable."""
        for content, media_type in self._comparing.sent(comparison.id):
            for image, _ in decode.images(content, media_type):
                yield image

    def _archived(self, comparison: Comparison) -> Iterator[Image.Image]:
        """The archived pages as they were previewed, upright, one at a time."""
        for one in comparison.pages:
            scan = self._archive.kept_scans.get(one.scan_id)
            kept = self._archive.kept_scans.page(scan, one.number)
            cipher = self._archive.keys.cipher(scan.file_no)
            yield Image.open(io.BytesIO(self._previews.bytes(cipher, kept.image))).convert("RGB")

    def _shown(self, comparison: Comparison, seen: Compared) -> dict[int, Blob]:
        """Pictures of the returned pages that differ, to be looked at beside the archived ones; decoded once more, so
        that no more than one lies in memory."""
        wanted = {one.returned for one in seen.findings if one.returned}
        if not wanted:
            return {}
        made = {}
        for number, image in enumerate(self._came(comparison), 1):
            if number in wanted:
                laid = seen.laid.get(number)
                picture, _, _ = pages.preview(as_laid(image, laid) if laid else image)
                made[number] = self._comparing.keep(comparison, picture)
        return made


__all__ = ["QUEUE", "Returned"]
