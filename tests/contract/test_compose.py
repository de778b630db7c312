"""docker-compose.yml: what must hold of it, and that the specification's own parser takes it."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.config import Settings
from service.scans import pdf
from tests.faults import test_memory

ROOT = Path(__file__).parents[2]
PARSER = ROOT / ".engines" / "compose" / "cmd"
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"service", "indexer", "scanner_ingest", "timer"}
ONCE = {"mongodb-setup", "elasticsearch-setup"}
ASKED = {"move"}
"""What starts only when it is asked for."""


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_held_small(name: str) -> None:
    """None runs as root or may become it; each has bounds, comes back by itself, and says whether it is well."""
    service = SERVICES[name]
    user, _, group = service["user"].partition(":")
    assert int(user) > 0
    assert group
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    if name in ASKED:
        assert (service["restart"], service["profiles"]) == ("no", [name])
    elif name in ONCE:
        assert service["restart"].startswith("on-failure")
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_nothing_but_the_web_port_is_published() -> None:
    """One port of one container, on loopback; stores and engine are in a network that leads nowhere."""
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"service": ["127.0.0.1:${DANGAN_PUBLISHED_PORT:-8080}:8080"]}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if service["networks"] != ["inside"]} == {"service", "timer"}


def test_secrets_come_from_files() -> None:
    """No password stands in the file or has a default; each secret is a file that `make secrets` makes."""
    for name, service in SERVICES.items():
        for setting, value in service.get("environment", {}).items():
            if re.search("PASSWORD|KEY", setting):
                assert value.startswith(("/run/secrets/", "/keys/")), (name, setting)
        for secret in service.get("secrets", []):
            source = secret if isinstance(secret, str) else secret["source"]
            assert COMPOSE["secrets"][source] == {"file": f"secrets/{source}"}
    assert "@mongodb" not in SERVICES["service"]["environment"]["DANGAN_MONGODB_URI"]
    made = re.search(r"for name in (.*?); do", (ROOT / "Makefile").read_text(), re.DOTALL)
    assert set(made.group(1).replace("\\", "").split()) == set(COMPOSE["secrets"])


def test_parts_start_when_what_they_need_is_ready() -> None:
    """Nodes are well before the sets are made, and our programs start after both sets are there."""
    for name in OURS:
        conditions = {on: how["condition"] for on, how in SERVICES[name]["depends_on"].items()}
        assert conditions == dict.fromkeys(ONCE, "service_completed_successfully")
    for name in ONCE:
        assert {how["condition"] for how in SERVICES[name]["depends_on"].values()} == {"service_healthy"}
    for service in SERVICES.values():  # the parser does not follow names
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert {one["source"] for one in service.get("configs", [])} <= set(COMPOSE["configs"])
    volumes = [one for name in SERVICES.keys() - ASKED for one in SERVICES[name].get("volumes", [])]
    assert {volume.partition(":")[0] for volume in volumes} == set(COMPOSE["volumes"])


def test_settings_are_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every DANGAN_ variable is a setting, and secrets are read from their files."""
    for name in OURS | ASKED:
        for setting in SERVICES[name]["environment"]:
            if setting.startswith("DANGAN_"):
                assert setting.removeprefix("DANGAN_").lower() in Settings.model_fields, setting
    for name, content in (("dangan_mongodb_password", b"first\n"), ("archive_master_key", os.urandom(96))):
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("DANGAN_SECRETS", str(tmp_path))
    assert Settings().mongodb_password.get_secret_value() == "first"
    monkeypatch.setenv("DANGAN_MONGODB_PASSWORD", "second")
    assert Settings().mongodb_password.get_secret_value() == "second"


def test_an_archive_in_a_folder_comes_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`move` copies the mounted folder to the replica set of the parts, as their user, before any of them starts."""
    move, service = SERVICES["move"], SERVICES["service"]
    address = service["environment"]["DANGAN_MONGODB_URI"]
    assert move["command"] == ["move", "--to", address, "--user", service["environment"]["DANGAN_MONGODB_USER"]]
    assert not {"DANGAN_MONGODB_URI", "DANGAN_ELASTICSEARCH_URL"} & set(move["environment"])
    assert move["volumes"] == [f"${{DANGAN_OLD_DATA:-./data}}:{move['environment']['DANGAN_DATA']}"]
    assert set(move["depends_on"]) == {"mongodb-setup"}
    assert move["build"]["target"] in re.findall(r" AS (\w+)", (ROOT / "Dockerfile").read_text())
    password = next(one["target"] for one in move["secrets"] if isinstance(one, dict))
    (tmp_path / password).write_text("of the user\n")
    monkeypatch.setenv("DANGAN_SECRETS", str(tmp_path))
    assert Settings().move_password.get_secret_value() == "of the user"
    told = (ROOT / "docs" / "compose.md").read_text()
    assert "docker compose run" in told
    assert "secrets/archive_master_key" in told


def test_memory_is_what_was_measured() -> None:
    """Reading may take what its own test holds it to, and the web two of the heaviest PDFs at once."""

    def limit(name: str) -> int:
        return int(SERVICES[name]["deploy"]["resources"]["limits"]["memory"].removesuffix("G")) * 1024

    upload, child = 200, pdf.MEMORY // 2**20
    assert limit("scanner_ingest") >= 2 * test_memory.MOST
    assert limit("service") >= 2 * 300 + 2 * (2 * upload + child)


@pytest.mark.contract
def test_the_specifications_parser_takes_it(tmp_path: Path) -> None:
    """compose-go reads it without a complaint and finds the same services, and refuses a file with a mistake."""
    if not PARSER.exists():
        if os.environ.get("DANGAN_REQUIRE_COMPOSE") == "1":
            pytest.fail("the compose parser is required and is not there: run `make compose`")
        pytest.skip("docker-compose.yml NOT PARSED: run `make compose` to build the parser")

    def parse(text: str) -> "subprocess.CompletedProcess[bytes]":
        (tmp_path / "docker-compose.yml").write_text(text)
        return subprocess.run(
            [str(PARSER), "-format", "json", "docker-compose.yml"], cwd=tmp_path, capture_output=True, check=False
        )

    parsed = parse(TEXT)
    assert parsed.returncode == 0, parsed.stderr.decode()
    found = json.loads(parsed.stdout)
    assert set(found["services"]) == set(SERVICES)
    moving = found["services"]["move"]
    assert (moving["build"]["target"], moving["volumes"][0]["type"]) == ("moving", "bind")
    assert found["services"]["scanner_ingest"]["deploy"]["replicas"] == 2
    assert parse(TEXT.replace("cap_drop", "cap_dropp", 1)).returncode != 0
    assert parse(TEXT.replace("read_only: true", "read_only: perhaps", 1)).returncode != 0
