"""The server that the tests talk to, the clients that talk to it, and what they were seen to send."""

import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest
from livekit.api import LiveKitAPI


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        pytest.exit(f"{name} is not set: these tests are started by `conformance/run python`", returncode=2)
    return value


URLS = _variable("LKM_URLS").split(",")
CLOUD_URLS = _variable("LKM_CLOUD_URLS").split(",")
API_KEY = _variable("LKM_API_KEY")
API_SECRET = _variable("LKM_API_SECRET")
RESULTS = _variable("LKM_RESULTS")

_REGIONS = {urlsplit(url).port: index for index, url in enumerate(URLS)}


def control_key(control: dict) -> str:
    """An API key that programs the mock."""
    return "mock:" + json.dumps(control)


def control_key_base64(control: dict) -> str:
    """The same, for keys that may hold neither braces nor quotes."""
    return "mock:" + base64.urlsafe_b64encode(json.dumps(control).encode()).decode().rstrip("=")


class Seen(list[str]):
    """The requests that a client sent, in order, as "<region> <method> <status>"."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []

    def trace(self) -> aiohttp.TraceConfig:
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._on_end)
        trace.on_request_exception.append(self._on_exception)
        return trace

    async def _on_end(self, _session, _context, params: aiohttp.TraceRequestEndParams) -> None:
        self._add(params, params.response.status)
        self.warnings += params.response.headers.getall("X-Lk-Mock-Warning", [])

    async def _on_exception(self, _session, _context, params: aiohttp.TraceRequestExceptionParams) -> None:
        self._add(params, "late" if isinstance(params.exception, TimeoutError) else "dropped")

    def _add(self, params, outcome: int | str) -> None:
        self.append(f"{_REGIONS.get(params.url.port)} {params.url.path.rpartition('/')[2]} {outcome}")


@asynccontextmanager
async def connect(
    control: dict | None = None,
    *,
    key: str | None = None,
    secret: str = API_SECRET,
    token: str | None = None,
    url: str = URLS[0],
    headers: dict[str, str] | None = None,
) -> AsyncIterator[tuple[LiveKitAPI, Seen]]:
    """A client as an application makes one, over a session that notes what it sends."""
    seen = Seen()
    async with aiohttp.ClientSession(headers=headers, trace_configs=[seen.trace()]) as session:
        if token:
            yield LiveKitAPI.with_token(token, url, session=session), seen
        else:
            key = key or (API_KEY if control is None else control_key(control))
            yield LiveKitAPI(url, key, secret, session=session), seen
