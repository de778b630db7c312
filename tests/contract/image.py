"""Runs the Dockerfile's steps in an empty folder, where no container engine is: `make image`.

COPY and RUN are done with PREFIX inside the folder; then what the image would start is started.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOLD = ("FROM", "USER", "ENV", "ENTRYPOINT", "CMD", "ARG", "WORKDIR")


def steps(text: str) -> Iterator[tuple[str, str]]:
    """Instruction and words of each step; a line that ends with a backslash goes on."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            instruction, _, words = line.partition(" ")
            yield instruction, words.strip()


def path(text: str, wanted: str) -> list[tuple[str, str]]:
    """The steps of a stage, after those of the stages that it begins with or copies from."""
    stages: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for instruction, words in steps(text):
        if instruction == "FROM":
            begun, _, name = words.partition(" AS ")
            stages[name] = [*stages.get(begun, [])]
        elif words.startswith("--from="):
            stages[name] += stages[words.partition("=")[2].split()[0]]
        stages[name].append((instruction, words))
    return stages[wanted]


def build(folder: Path, wanted: str) -> Path:
    """Do every step that leads to the stage `wanted` ("" is the last one); the folder that is the image's PREFIX."""
    source, prefix = folder / "source", folder / "prefix"
    source.mkdir(parents=True)
    clean = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "PREFIX": str(prefix)}
    clean |= {name: value for name, value in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()}
    for instruction, words in path((ROOT / "Dockerfile").read_text(), wanted):
        print(f"{instruction} {words}", flush=True)
        if instruction == "COPY" and words.startswith("--from="):
            continue  # one folder for both stages
        if instruction == "COPY":
            *names, target = shlex.split(words)
            for name in names:
                _copy(ROOT / name, source / target)
        elif instruction == "RUN":
            subprocess.run(["/bin/sh", "-ec", words], cwd=source, env=clean, check=True)
        elif instruction not in TOLD:
            raise SystemExit(f"{instruction} is not known here")
    return prefix


def _copy(origin: Path, target: Path) -> None:
    if origin.is_dir():
        shutil.copytree(origin, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(origin, target)


def check(folder: Path, prefix: Path) -> None:
    """What the image's entry point answers, from an empty folder and with nothing of the checkout at hand."""
    empty = folder / "empty"
    empty.mkdir()
    start = {"PATH": f"{prefix}/bin:/usr/bin:/bin", "DANGAN_DATA": str(empty / "data")}

    def run(*words: str) -> str:
        print("*", *words, flush=True)
        return subprocess.run(words, cwd=empty, env=start, check=True, capture_output=True, text=True).stdout

    assert "dangan, version" in run("dangan", "--version")
    for part in ("web", "index", "ingest", "timer", "alive", "setup"):
        run("dangan", part, "--help")
    for module in ("service.app", "indexer.follow", "scanner_ingest.worker", "scanner_ingest.ocr"):
        assert run("python", "-c", f"import {module}; print({module}.__file__)").startswith(str(prefix))
    refused = subprocess.run(["dangan", "web"], cwd=empty, env=start, capture_output=True, text=True, check=False)
    assert (refused.returncode, "DANGAN_MONGODB_URI" in refused.stderr) == (2, True), refused
    assert not list(prefix.glob("lib/*/site-packages/secantus*")), "the embedded store (GPL-2.0) is in the image"


def check_moving(folder: Path, prefix: Path) -> None:
    """The image for a move has the embedded store as a program, and looks into the folder that is mounted."""
    start = {"PATH": f"{prefix}/bin:/usr/bin:/bin", "DANGAN_DATA": str(folder / "data")}
    words = ["dangan", "move", "--to", str(folder / "to")]
    moved = subprocess.run(words, cwd=folder, env=start, capture_output=True, text=True, check=False)
    assert (moved.returncode, moved.stderr) == (2, "dangan: there is no archive to move\n"), moved


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dangan-image-") as name:
        archive, moving = Path(name) / "archive", Path(name) / "moving"
        check(archive, build(archive, ""))
        check_moving(moving, build(moving, "moving"))
    print("the Dockerfile's steps work")


if __name__ == "__main__":
    sys.exit(main())
