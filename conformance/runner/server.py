"""One `livekit-mock` a client: built, started on free ports, stopped by its process id."""

import json
import os
import queue
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from .hosts import CLOUD_NAME

REPOSITORY = Path(__file__).resolve().parents[2]
REGIONS = 4
READY_WITHIN = 20  # seconds; a cold, loaded machine
STOP_WITHIN = 15  # seconds; more than the server's own grace period


class ServerError(Exception):
    pass


def binary() -> str:
    """The server to test: LIVEKIT_MOCK_BIN, else a release build of this checkout."""
    given = os.environ.get("LIVEKIT_MOCK_BIN")
    if given:
        if not os.access(given, os.X_OK):
            raise ServerError(f"LIVEKIT_MOCK_BIN is {given}, which is not a program that can be run")
        return given
    print("building the server: cargo build --release", flush=True)
    metadata = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    try:
        subprocess.run(["cargo", "build", "--release", "--bin", "livekit-mock"], cwd=REPOSITORY, check=True)
        target = json.loads(subprocess.check_output(metadata, cwd=REPOSITORY))["target_directory"]
    except (OSError, subprocess.CalledProcessError) as error:
        raise ServerError(f"the server could not be built: {error}") from error
    return str(Path(target) / "release" / "livekit-mock")


def ports_of(line: str) -> list[int] | None:
    """The ports by region index if this log line is the ready line, else None."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict):
        return None
    entry = {**entry, **(entry["fields"] if isinstance(entry.get("fields"), dict) else {})}
    regions = entry.get("regions")
    if isinstance(regions, str):  # a log field that holds JSON in a string
        try:
            regions = json.loads(regions)
        except ValueError:
            return None
    if not isinstance(regions, list) or not regions or not all(isinstance(r, dict) for r in regions):
        return None
    regions = sorted(regions, key=lambda region: region.get("index", 0))
    return [_port(region) for region in regions]


def _port(region: dict[str, Any]) -> int:
    if "port" in region:
        return int(region["port"])
    if "address" in region:
        return int(str(region["address"]).rpartition(":")[2])
    port = urlsplit(str(region["url"])).port
    if port is None:
        raise ServerError(f"the ready line has no port for region {region}")
    return port


class Server:
    """A running server; use as a context manager. `log` receives everything that it prints, `authority` what to trust if its URLs are `https`."""

    _process: subprocess.Popen[str]

    def __init__(self, program: str, log: Path, authority: Path | None = None):
        self._scheme = "https" if authority else "http"
        self._command = [
            program,
            *("--ports", ",".join(["0"] * REGIONS)),
            *("--bind", "127.0.0.1"),
            *("--advertise-host", f"{self._scheme}://{CLOUD_NAME}"),
            *("--auth", "strict"),
            *("--log-format", "json"),
            *(("--tls-ca", str(authority)) if authority else ()),
        ]
        self._log = log
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.ports: list[int] = []

    def __enter__(self) -> Self:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LK_TEST_SERVER_")}
        self._process = subprocess.Popen(
            self._command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._drain, daemon=True).start()
        try:
            self.ports = self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        ended_by_itself = self._process.poll()
        code = self._stop()
        if ended_by_itself is not None:
            raise ServerError(f"the server ended by itself with exit code {ended_by_itself}: see {self._log}")
        if code != 0:
            raise ServerError(f"the server was asked to stop and ended with exit code {code}: see {self._log}")

    def urls(self, host: str) -> str:
        return ",".join(f"{self._scheme}://{host}:{port}" for port in self.ports)

    def _drain(self) -> None:
        """Copies the output to the log to its end, so that a full pipe never stops the server."""
        assert self._process.stdout
        with self._log.open("w", encoding="utf-8") as log, self._process.stdout as lines:
            for line in lines:
                log.write(line)
                log.flush()
                if not self.ports:
                    self._lines.put(line)
        self._lines.put(None)

    def _wait_until_ready(self) -> list[int]:
        while True:
            try:
                line = self._lines.get(timeout=READY_WITHIN)
            except queue.Empty:
                raise ServerError(f"no ready line within {READY_WITHIN} s: see {self._log}") from None
            if line is None:
                raise ServerError(f"the server ended before it was ready: {self._log.read_text().strip()}")
            ports = ports_of(line)
            if ports is None:
                continue
            if len(ports) != REGIONS:
                raise ServerError(f"{REGIONS} regions were asked for and the ready line has {len(ports)}")
            return ports

    def _stop(self) -> int:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise ServerError(f"the server did not stop within {STOP_WITHIN} s of SIGTERM: see {self._log}") from None
