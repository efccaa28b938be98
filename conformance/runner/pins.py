"""The releases that this repository pins of LiveKit's packages, and how they compare with what the registries serve."""

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Pin:
    registry: str
    package: str
    # Where its version is written, from the repository's root.
    file: str


# A package stands here once for each file that has to be changed for a new release. What only follows from another
# pin (a protocol package that the SDK chooses) does not.
PINS = (
    Pin("go", "github.com/livekit/server-sdk-go/v2", "conformance/go/go.mod"),
    Pin("cargo", "livekit-api", "conformance/rust/Cargo.lock"),
    Pin("cargo", "livekit-api", "Cargo.lock"),
    Pin("cargo", "livekit-protocol", "Cargo.lock"),
    Pin("cargo", "livekit-signaling", "conformance/rust/Cargo.lock"),
    Pin("pip", "livekit-api", "conformance/python/requirements.in"),
    Pin("pip", "livekit-api", "ci/python-requirements.txt"),
    Pin("npm", "livekit-server-sdk", "conformance/node/package.json"),
    Pin("npm", "livekit-server-sdk", "npm/tests/package.json"),
    Pin("pip", "livekit", "conformance/rooms-python/requirements.in"),
    Pin("npm", "@livekit/rtc-node", "conformance/rooms-node/package.json"),
    Pin("npm", "livekit-client", "conformance/browser/package.json"),
    Pin("maven", "io.livekit:livekit-server", "conformance/java/pom.xml"),
)


class PinError(Exception):
    """A pin that is not where it should be."""


class Unreachable(Exception):
    """A registry that did not tell its newest release."""


def pinned(pin: Pin, root: Path = REPOSITORY) -> str:
    """The version that a pin's file has."""
    path = root / pin.file
    try:
        version = READERS[path.name](path.read_text(encoding="utf-8"), pin.package)
    except OSError as error:
        raise PinError(f"{pin.file}: {error.strerror}") from error
    if version is None:
        raise PinError(f"{pin.file} pins no version of {pin.package}")
    return version


def _go_mod(text: str, package: str) -> str | None:
    return _first(rf"^\s*(?:require )?{re.escape(package)} v(\S+)", text)


def _cargo_lock(text: str, package: str) -> str | None:
    return next((entry["version"] for entry in tomllib.loads(text)["package"] if entry["name"] == package), None)


def _requirements(text: str, package: str) -> str | None:
    return _first(rf"^{re.escape(package)}==(\S+)", text)


def _package_json(text: str, package: str) -> str | None:
    manifest = json.loads(text)
    return (manifest.get("dependencies", {}) | manifest.get("devDependencies", {})).get(package)


def _pom(text: str, package: str) -> str | None:
    """The property that is named after the artifact."""
    name = re.escape(package.partition(":")[2])
    return _first(rf"<{name}\.version>([^<]+)</{name}\.version>", text)


def _first(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text, re.MULTILINE)
    return match and match[1]


READERS: dict[str, Callable[[str, str], str | None]] = {
    "go.mod": _go_mod,
    "Cargo.lock": _cargo_lock,
    "requirements.in": _requirements,
    "python-requirements.txt": _requirements,
    "package.json": _package_json,
    "pom.xml": _pom,
}


def behind(version: str, newest: str) -> bool:
    """Whether a pinned release is older than the newest one."""
    return _numbers(version) < _numbers(newest)


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in re.findall(r"\d+", re.split(r"[-+]", version.removeprefix("v"))[0])]
    while numbers and numbers[-1] == 0:  # 1.0 is 1.0.0
        numbers.pop()
    return tuple(numbers)


def report(pins: tuple[Pin, ...], newest: Callable[[str, str], str], root: Path = REPOSITORY) -> tuple[list[str], int]:
    """A line a pin and the exit code: 2 if a registry did not answer, else 1 if a release is behind, else 0."""
    lines, code = [], 0
    for pin in pins:
        version = pinned(pin, root)
        try:
            latest = newest(pin.registry, pin.package)
        except Unreachable as error:
            verdict, found = f"unknown: {error}", 2
        else:
            found = int(behind(version, latest))
            verdict = f"newest {latest}, behind" if found else f"newest {latest}"
        lines.append(f"{pin.package} in {pin.file}: pinned {version}, {verdict}")
        code = max(code, found)
    return lines, code
