"""The wheel holds all that the archive needs: installed into an empty environment it works outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(target.glob("dangan-*.whl"))


def test_the_wheel_has_templates_static_files_and_fonts(wheel: Path) -> None:
    """Every template, every static file, the catalogue and the demo's font are inside."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder, at in (("templates", "service/templates"), ("service/web/static", "service/web/static")):
        for file in (ROOT / folder).rglob("*"):
            if file.is_file():
                assert f"{at}/{file.relative_to(ROOT / folder)}" in inside
    for pattern in ("service/catalogue/*.toml", "service/demo/fonts/*", "service/fonts/*.ttf"):
        for file in ROOT.glob(pattern):
            assert str(file.relative_to(ROOT)) in inside


@pytest.mark.slow
def test_the_demo_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """In a new environment with nothing but the wheel and what it asks for, `dangan demo` answers with its page."""
    from service.bench.running import Running, until
    from service.store.embedded import free_port

    home = tmp_path / "home"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    install = [str(home / "bin" / "pip"), "install", "--quiet", f"{wheel}[embedded]"]
    subprocess.run(install, check=True, capture_output=True)
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"], "DANGAN_DATA": str(tmp_path / "data"), "DANGAN_PORT": str(port),
        "DANGAN_DEMO_COUNT": "3", "DANGAN_DEMO_SCANS": "1",
    }  # fmt: skip
    process = subprocess.Popen([str(home / "bin" / "dangan"), "demo"], env=environment, cwd=tmp_path)
    try:
        running = Running(process, port)
        until(lambda: running.ask("GET", "/readyz")[1].get("demo") or None, 120, 0.5)
        running.log_in("hr", "dangan-demo")
        assert running.ask("GET", "/api/v1/files")[1]["items"]
    finally:
        process.terminate()
        process.wait(40)
