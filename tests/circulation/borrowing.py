"""How the cast borrows: an application, its steps, and the loan that comes of it."""

from datetime import timedelta

from service.bootstrap import Archive
from service.circulation.lending.operations import Lending
from service.circulation.lending.rules import Event
from service.files.rules import File
from tests.cast import CAST

CHECK = {"condition": "complete", "pages": "12"}


def asked(archive: Archive, file: File, name: str = "clerk", **more: str) -> Lending:
    until = (archive.clock.today() + timedelta(days=7)).isoformat()
    given = {"items": file.file_no, "reason": "工伤认定需要原件", "until": until}
    return archive.lending.ask(CAST[name], {**given, **more})


def step(archive: Archive, loan: Lending, name: str, event: Event, **given: str) -> Lending:
    return archive.lending.take(CAST[name], loan.case.id, event, None, given)


def approved(archive: Archive, file: File, name: str = "clerk", **more: str) -> Lending:
    loan = asked(archive, file, name, **more)
    if loan.case.state == "asked":
        loan = step(archive, loan, "head", Event.SIGN)
    archive.pledging.sign(CAST[name], 1)
    return step(archive, loan, "archives", Event.APPROVE)


def lent(archive: Archive, file: File, name: str = "clerk", **more: str) -> Lending:
    return step(archive, approved(archive, file, name, **more), "archivist", Event.HAND_OVER)
