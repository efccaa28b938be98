"""Runs one client's tests, with a bound and with something on the screen while it lasts."""

import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from .behaviours import Client
from .hosts import CLOUD_API_NAME, CLOUD_NAME, NAMES
from .server import Server

API_KEY = "devkey"
API_SECRET = "secret"
# Set when the runner ends: then every client does.
stopping = threading.Event()
QUIET = 30  # seconds without output after which a line says that the client is still at work


def missing_tools(client: Client) -> list[str]:
    return [tool for tool in client.needs if shutil.which(tool) is None]


def environment(server: Server, results: Path) -> dict[str, str]:
    """What every `conformance/<client>/run` is given, besides the environment that the runner has."""
    # Package managers may need a proxy; the mock must never be asked through one.
    direct = ",".join(filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1", "localhost", *NAMES]))
    return {
        **os.environ,
        "LKM_URLS": server.urls("127.0.0.1"),
        "LKM_CLOUD_URLS": server.urls(CLOUD_NAME),
        "LKM_CLOUD_API_URLS": server.urls(CLOUD_API_NAME),
        "LKM_API_KEY": API_KEY,
        "LKM_API_SECRET": API_SECRET,
        "LKM_RESULTS": str(results),
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def run(client: Client, folder: Path, variables: dict[str, str], seconds: int) -> str | None:
    """Runs the client's script to its end; what went wrong as a sentence, or None."""
    process = subprocess.Popen(
        [str(folder / "run")],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # a group of its own, so that a client past its bound ends with all that it started
    )
    last_output = [time.monotonic()]

    def copy() -> None:
        assert process.stdout
        with process.stdout as lines:
            for line in lines:
                last_output[0] = time.monotonic()
                print(f"{client.id} | {line.rstrip()}", flush=True)

    reader = threading.Thread(target=copy, daemon=True)
    reader.start()
    started = time.monotonic()
    try:
        while True:
            try:
                code = process.wait(1)
                break
            except subprocess.TimeoutExpired:
                pass
            if stopping.is_set():
                return "it was ended with the runner"
            now = time.monotonic()
            if now - started > seconds:
                return f"it was ended after {seconds} s (--timeout)"
            if now - last_output[0] > QUIET:
                print(f"{client.id} | ... still at work after {now - started:.0f} s", flush=True)
                last_output[0] = now
    finally:
        _end_group(process)
        reader.join(5)
    return None if code == 0 else f"conformance/{client.id}/run ended with exit code {code}"


def _end_group(process: subprocess.Popen[str]) -> None:
    """Ends whatever is left of the client; its group exists as long as one process of it does."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except (ProcessLookupError, PermissionError):
            break
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
