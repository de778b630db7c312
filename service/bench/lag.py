"""`dangan bench lag`: from saved to findable, by fields and by the text of a scan, on an archive that runs."""

import tempfile
import time
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from service.bench.house import store_kind
from service.bench.report import Report, p50, percentile
from service.bench.running import Running, serving, until
from service.config import Settings
from service.demo.drawing import draw


def run(rounds: int = 30, scans: int = 5, port: int = 8482) -> Report:
    with tempfile.TemporaryDirectory(prefix="dangan-bench-") as folder:
        data = Path(folder) / "demo"
        report = Report("lag", {"store": store_kind(Settings(data=data)), "rounds": rounds})
        with serving(data, port, demo=True, demo_scans=1) as running:  # others would stand in the queue before ours
            until(lambda: _demo(running), 600, 0.5)
            running.log_in("hr", "dangan-demo")
            until(lambda: _idle(running), 900, 2)
            saved = [_field(running) for _ in range(rounds)]
            report.add(
                "saved to findable by fields, p50 / p95, ms", f"{p50(saved):.0f} / {percentile(saved, 0.95):.0f}",
                aim="p95 <= 1500",
            )  # fmt: skip
            reading, more = zip(*(_text(running, n) for n in range(scans)), strict=True)
            report.add("reading of a page, p50, ms", f"{p50(reading):.0f}")
            report.add(
                "read to findable by text, p50 / max, ms", f"{p50(more):.0f} / {max(more) * 1000:.0f}", aim="<= 2000"
            )
    return report


def _demo(running: Running) -> bool | None:
    status, said = running.ask("GET", "/readyz")
    return (status == 200 and bool(said.get("demo"))) or None


def _idle(running: Running) -> bool | None:
    """Whether the reading is warm, and the demo's scan is read."""
    file_no = running.ask("GET", "/api/v1/search", kind="files", q="", size=1)[1]["hits"][0]["file_no"]
    record = running.ask("POST", f"/api/v1/files/{file_no}/records", _training())[1]["id"]
    scan = upload(running, record, [uuid4().hex[:10]])
    until(lambda: _state(running, scan) == "searchable" or None, 900, 1)
    return True


def _training() -> dict[str, object]:
    fields = {"date": "2025-05-06", "course": f"课程{uuid4().hex[:12]}"}
    return {"category": "training", "subcategory": "internal", "fields": fields}


def _some_file(running: Running) -> str:
    return str(running.ask("GET", "/api/v1/files", size=1)[1]["items"][0]["file_no"])


def _field(running: Running) -> float:
    body, file_no = _training(), _some_file(running)
    word = str(body["fields"]["course"])  # type: ignore[index]
    running.ask("POST", f"/api/v1/files/{file_no}/records", body)
    began = time.perf_counter()
    until(lambda: _found(running, "records", word), 30, 0.01)
    return time.perf_counter() - began


def _text(running: Running, number: int) -> tuple[float, float]:
    """Seconds of the reading, and from its end until a word of the page is found."""
    record = running.ask("POST", f"/api/v1/files/{_some_file(running)}/records", _training())[1]["id"]
    word = f"{70000000 + number * 7919 + int(time.time()) % 1000}"
    scan = upload(running, record, ["劳动合同书", f"合同编号 {word}", "甲方：长青客户服务有限公司"])
    began = time.perf_counter()
    until(lambda: _state(running, scan) == "searchable" or None, 120, 0.01)
    read = time.perf_counter()
    until(lambda: _found(running, "pages", word), 30, 0.01)
    return read - began, time.perf_counter() - read


def _found(running: Running, kind: str, word: str) -> bool | None:
    return running.ask("GET", "/api/v1/search", kind=kind, q=word)[1]["total"] or None


def _state(running: Running, scan: str) -> str:
    return str(running.ask("GET", f"/api/v1/scans/{scan}")[1]["state"])


def upload(running: Running, record: str, lines: list[str]) -> str:
    """Send a page with these lines; the scan's id."""
    edge = uuid4().hex
    out = BytesIO()
    out.write(f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'.encode())
    out.write(draw(lines, seed=len(lines)))
    out.write(f"\r\n--{edge}--\r\n".encode())
    body = (f"multipart/form-data; boundary={edge}", out.getvalue())
    return str(running.ask("POST", f"/api/v1/records/{record}/scans", body)[1]["id"])
