"""Returned pages, compared with the archived ones (L6): a second queue of the worker."""

import io

from PIL import Image
from pymongo.errors import PyMongoError

from scanner_ingest import decode, pages
from scanner_ingest.compare import compared
from service.bootstrap import Archive
from service.circulation.lending.comparing import QUEUE
from service.circulation.lending.findings import Comparison
from service.errors import NotFound
from service.logs import logger
from service.store.blobs import Blobs, Damaged
from service.store.jobs import Lease, LeaseLost

log = logger("ingest")
_ATTEMPTS = 3
"""More would have taken their worker with them; an error that is met ends the first."""
_MOST = 400
"""Pages of a scan of what came back; twice what may be lent at once."""


class Returned:
    """Takes a comparison's lease, and ends it with what was found."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._comparing = archive, archive.comparing
        self._previews = Blobs(archive.store, "previews")

    def work(self, lease: Lease) -> None:
        """Compare one scan of returned pages. Raises LeaseLost."""
        try:
            comparison, content, media_type = self._comparing.waiting(lease.subject)
        except NotFound:  # its file was destroyed meanwhile
            self._archive.store.transact(lambda tx: self._archive.jobs.finish(tx, lease))
            return
        if lease.attempt > _ATTEMPTS:
            log.error("ingest.given_up", comparison=comparison.id, attempt=lease.attempt)
            self._comparing.fail(lease, comparison, "比对程序几次中断：请人工核对")
            return
        try:
            back = [image for image, _ in decode.images(content, media_type)]
            if len(back) > _MOST:
                raise pages.Unreadable("页数过多：请人工核对")
            findings = compared(self._archived(comparison), back)
        except (pages.Unreadable, Damaged) as error:
            reason = str(error) if isinstance(error, pages.Unreadable) else "存储的原件已损坏"
            self._comparing.fail(lease, comparison, reason)
        except (PyMongoError, LeaseLost):
            raise
        except Exception as error:
            log.error("ingest.fault", comparison=comparison.id, kind=type(error).__name__)
            self._comparing.fail(lease, comparison, "比对程序出错：请人工核对")
        else:
            self._comparing.finish(lease, comparison, findings, len(back))

    def _archived(self, comparison: Comparison) -> list[Image.Image]:
        """The archived pages as they were previewed, upright."""
        cipher = self._archive.keys.cipher(comparison.file_no)
        images = []
        for one in comparison.pages:
            scan = self._archive.kept_scans.get(one.scan_id)
            kept = self._archive.kept_scans.page(scan, one.number)
            own = cipher if scan.file_no == comparison.file_no else self._archive.keys.cipher(scan.file_no)
            images.append(Image.open(io.BytesIO(self._previews.bytes(own, kept.image))).convert("RGB"))
        return images


__all__ = ["QUEUE", "Returned"]
