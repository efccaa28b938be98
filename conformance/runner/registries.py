"""Asks a registry, through its ordinary client, for the newest release of a package."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from .pins import Unreachable

SECONDS = 180  # for one answer; Maven downloads its plugin first
MAVEN_UPDATES = "org.codehaus.mojo:versions-maven-plugin:2.19.1:display-dependency-updates"

# What Maven's client is asked about is a project's dependency: this one is older than any release.
POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>none</groupId><artifactId>none</artifactId><version>0</version>
  <dependencies>
    <dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>0</version></dependency>
  </dependencies>
</project>
"""

Reader = Callable[[str, str], str | None]


def command(registry: str, package: str) -> list[str]:
    return {
        "go": ["go", "list", "-m", "-f", "{{.Version}}", f"{package}@latest"],
        "cargo": ["cargo", "info", "--quiet", package],
        "pip": [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", package],
        "npm": ["npm", "view", package, "version"],
        "maven": ["mvn", "--batch-mode", "--update-snapshots", MAVEN_UPDATES],
    }[registry]


def answer(registry: str, package: str, output: str) -> str | None:
    """The newest release in what the client printed."""
    return READERS[registry](output, package)


def _alone(output: str, _package: str) -> str | None:
    """A version and nothing else."""
    return _first(r"^v?(\d[\w.+-]*)\s*$", output)


def _cargo(output: str, _package: str) -> str | None:
    """`version: 0.9.0 (latest 0.10.0)`, where the toolchain holds it back, or `version: 0.10.0`."""
    return _first(r"^version: \S+ \(latest ([^\s)]+)", output) or _first(r"^version: (\S+)", output)


def _pip(output: str, package: str) -> str | None:
    return _first(rf"^{re.escape(package)} \(([^)]+)\)", output)


def _maven(output: str, package: str) -> str | None:
    """`io.livekit:livekit-server ... 0 -> 0.13.0`; a long name has its versions on the next line."""
    return _first(rf"{re.escape(package)}[ .]+(?:\n\[INFO\][ .]+)?0 -> (\S+)", output)


def _first(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text, re.MULTILINE)
    return match and match[1]


READERS: dict[str, Reader] = {"go": _alone, "cargo": _cargo, "pip": _pip, "npm": _alone, "maven": _maven}


def newest(registry: str, package: str) -> str:
    """Asked from an empty folder: no lock file of this repository may have a say."""
    asked = command(registry, package)
    with tempfile.TemporaryDirectory() as folder:
        if registry == "maven":
            Path(folder, "pom.xml").write_text(POM.format(*package.split(":")), encoding="utf-8")
        try:
            done = subprocess.run(asked, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=SECONDS)
        except FileNotFoundError as error:
            raise Unreachable(f"{asked[0]} is not on this machine") from error
        except subprocess.TimeoutExpired as error:
            raise Unreachable(f"`{' '.join(asked)}` was not done after {SECONDS} s") from error
    if done.returncode:
        raise Unreachable(f"`{' '.join(asked)}` ended with exit code {done.returncode}: {_last_words(done)}")
    version = answer(registry, package, done.stdout)
    if version is None:
        raise Unreachable(f"`{' '.join(asked)}` named no version: {done.stdout.strip() or 'it printed nothing'}")
    return version


def _environment() -> dict[str, str]:
    return {**os.environ, "CARGO_TERM_COLOR": "never", "NO_COLOR": "1"}


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    """Why, as far as the client says it: its lines that are no warnings and not what it is doing."""
    lines = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines()]
    said = [line for line in lines if line and not line.startswith(("WARNING", "[INFO]", "[WARNING]", "npm warn"))]
    return " / ".join(said[:3]) or "it did not say why"
