"""Checking the whole trail: names the first bad event of each chain, and never mends anything."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from service.audit import checkpoints
from service.audit.checkpoints import Checkpoints
from service.audit.event import Event, fault
from service.audit.repository import Trail
from service.store.connection import Document


@dataclass(frozen=True, slots=True)
class Fault:
    """One chain's first fault; `seq` is 0 for a chain's head."""

    subject: str
    seq: int
    message: str

    def __str__(self) -> str:
        return f"{self.subject} event {self.seq}: {self.message}"


def verify(trail: Trail, signing: Checkpoints | None = None) -> Iterator[Fault]:
    """Every fault, one per chain. Reads all of the trail.

    With `signing`, who has the master key and the data folder, a checkpoint's key is the one that is sealed, and the
    last one is the one that the folder has noted; without, both are what the database says.
    """
    signed: dict[str, dict[int, str]] = defaultdict(dict)
    yield from _checkpoints(trail, signing, signed)
    seen: set[str] = set()
    for subject, seq, digest in trail.heads():
        seen.add(subject)
        found = _chain(trail, subject, seq, digest, signed.get(subject, {}))
        if found is not None:
            yield found
    for subject in signed.keys() - seen:
        yield Fault(subject, max(signed[subject]), "the whole chain is missing, though a checkpoint has signed it")


def _chain(trail: Trail, subject: str, seq: int, digest: str, signed: dict[int, str]) -> Fault | None:
    previous: Event | None = None
    for event in trail.chain(subject, last=seq):
        wrong = fault(event, previous)
        if wrong is None and signed.get(event.seq, event.digest) != event.digest:
            wrong = "is not what a checkpoint has signed"
        if wrong is not None:
            expected = previous.seq + 1 if previous else 1
            return Fault(subject, expected, wrong)
        previous = event
    last = previous.seq if previous else 0
    if last < seq:
        return Fault(subject, last + 1, "is missing at the chain's end")
    if previous is not None and previous.digest != digest:
        return Fault(subject, last, "is not the one that the chain's head names")
    if trail.beyond(subject, seq) is not None:
        return Fault(subject, seq + 1, "stands behind the chain's head")
    if signed and max(signed) > last:
        return Fault(subject, last + 1, "is missing: a checkpoint has signed later events")
    return None


def _checkpoints(
    trail: Trail, signing: Checkpoints | None, signed: dict[str, dict[int, str]]
) -> Iterator[Fault]:  # fmt: skip
    noted, digest = signing.noted() if signing else (0, "")
    last = max(trail.last_signed(), noted)  # before the checkpoints are read: more may come meanwhile
    key = signing.public_key() if signing else checkpoints.public_key(trail)
    documents = sorted((d for d in trail.checkpoints() if d["_id"] != 0), key=lambda d: int(d["_id"]))
    previous: Document | None = None
    for document in documents:
        wrong = (
            checkpoints.fault(document, previous, key) if key else "cannot be checked: its key is missing or not ours"
        )
        if wrong is None and document["_id"] == noted and document["digest"] != digest:
            wrong = "is not the one that the data folder has noted"
        if wrong is not None:
            yield Fault("checkpoints", document["_id"], wrong)
            return
        for subject, seq, head in document["heads"]:
            signed[subject][seq] = head
        previous = document
    there = int(previous["_id"]) if previous else 0
    if there < last:
        yield Fault("checkpoints", there + 1, "is missing at the end: later ones are counted or noted")
