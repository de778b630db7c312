"""Which program serves the embedded store, and what another one would gain. Starts nothing."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["rs", "py"]
KINDS: tuple[Kind, ...] = ("rs", "py")
"""The faster one first. Each opens the folder that the other left, in the versions that we install."""
_GAIN = {
    "rs": "secantusd-rs would take three times as many changes a second, on the same folder: "
    "build it with `make store-rs`, or put it into {bin}",
    "py": "secantusd-py would gain nothing: it opens the same folder, and takes a third of the changes a second",
}


@dataclass(frozen=True, slots=True)
class Program:
    """A server of MongoDB's protocol that is installed here."""

    kind: Kind
    path: str


def installed(data: Path, kind: Kind) -> Program | None:
    """The server of that kind: in the data folder's `bin/`, beside our Python, or on PATH."""
    name, beside = f"secantusd-{kind}", Path(sys.executable).parent
    for place in (data / "bin", beside):
        if os.access(place / name, os.X_OK):
            return Program(kind, str(place / name))
    found = shutil.which(name)
    return Program(kind, found) if found else None


def choose(data: Path, wanted: Kind | None = None) -> Program | None:
    """The server to run: the wanted one, or the fastest that is installed."""
    kinds = (wanted,) if wanted else KINDS
    return next((program for kind in kinds if (program := installed(data, kind))), None)


def gain(data: Path, running: Kind) -> str:
    """What the other server would gain over the one that runs, and how to get it."""
    return _GAIN["py" if running == "rs" else "rs"].format(bin=data / "bin")
