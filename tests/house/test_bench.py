"""What a bench tells: figures that a program can compare, with what they belong to."""

import json

import pytest

from service.bench.report import Report


def test_a_report_for_programs_has_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """Figures are numbers, several are a list, and machine, versions and sizes stand beside them by name."""
    report = Report("store", {"store": "secantusd-py", "rounds": 30})
    report.add("an operation, p50 / p95, ms", "4.5 / 12.0", "3.0 / 8.0", "1.50x", "<= 2x")
    report.add("memory, MB", "482", aim="<= 700")
    report.show(as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert said["rows"][0] == {
        "what": "an operation, p50 / p95, ms", "ours": [4.5, 12.0], "raw": [3.0, 8.0], "ratio": 1.5, "aim": "<= 2x",
    }  # fmt: skip
    assert (said["rows"][1]["ours"], said["rows"][1]["raw"]) == (482.0, None)
    assert set(said["versions"]) >= {"python", "pymongo", "secantusdb", "tantivy", "elasticsearch"}
    assert said["machine"]["cores"] > 0
    assert said["sizes"]["rounds"] == 30
    report.show(as_json=False)
    assert "secantusd-py" in capsys.readouterr().out
