"""Every act that the trail may hold has a name that people read."""

import re
from pathlib import Path

from service.bootstrap import Archive
from service.web.acts import ACTS

WRITTEN = re.compile(
    r"(?:append|record|Act|_note|_kept|_replace|_seen|_change|_set_password)\((?:[^()]|\([^()]*\))*?\"([a-z_]+\.[a-z-]+)\""
)
"""An act where it is written; those of cases are their kind's and event's."""


def test_every_act_has_a_name(archive: Archive) -> None:
    """Those that stand in the code, and every event of every kind of case."""
    there = {act for path in Path("service").rglob("*.py") for act in WRITTEN.findall(path.read_text())}
    assert len(there) > 50
    kinds = [archive.viewing.kind, archive.lending.kind, archive.submissions.kind, archive.supplements.kind]
    there |= {f"{kind.name}.{event}" for kind in kinds for _, event in kind.workflow.steps}
    assert there - ACTS.keys() == set()
