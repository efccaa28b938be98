"""The server that the tests talk to, the clients that talk to it, and what they were seen to send."""

import asyncio
import base64
import errno
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
CLOUD_API_URLS = _variable("LKM_CLOUD_API_URLS").split(",")
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


def _broken(error: BaseException) -> str:
    """How a request ended that got no answer."""
    match error:
        case TimeoutError():
            return "late"
        case asyncio.CancelledError():
            return "given up"
        case aiohttp.ServerDisconnectedError():
            return "dropped"
        case aiohttp.ClientResponseError():
            return "garbage"
        case OSError(errno=errno.ECONNRESET):
            return "reset"
    return type(error).__name__


class Seen(list[str]):
    """The requests that a client sent, in order, as "<region> <method> <status>"."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []
        self.ids: list[str | None] = []
        self._answers: list[aiohttp.ClientResponse | None] = []

    @property
    def tries(self) -> list[str]:
        """The same, with the request id that each brought, "A" for the first of them, and which try of its call the mock took it for."""
        letters = dict(zip(filter(None, dict.fromkeys(self.ids)), "ABCDEFGH"))
        ids = [f"id {letters[id]}" if id else "no id" for id in self.ids]
        return [", ".join([entry, *self._answered(answer), id]) for entry, answer, id in zip(self, self._answers, ids, strict=True)]

    @staticmethod
    def _answered(answer: aiohttp.ClientResponse | None) -> list[str]:
        if answer is None:
            return []
        cut = ["cut"] if isinstance(answer.content.exception(), aiohttp.ClientPayloadError) else []
        attempt = answer.headers.get("X-Lk-Mock-Attempt")
        return cut + ([f"try {attempt}"] if attempt else [])

    def trace(self) -> aiohttp.TraceConfig:
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._on_end)
        trace.on_request_exception.append(self._on_exception)
        return trace

    async def _on_end(self, _session, _context, params: aiohttp.TraceRequestEndParams) -> None:
        self._add(params, params.response.status, params.response)
        self.warnings += params.response.headers.getall("X-Lk-Mock-Warning", [])

    async def _on_exception(self, _session, _context, params: aiohttp.TraceRequestExceptionParams) -> None:
        self._add(params, _broken(params.exception), None)

    def _add(self, params, outcome: int | str, answer: aiohttp.ClientResponse | None) -> None:
        self.append(f"{_REGIONS.get(params.url.port)} {params.url.path.rpartition('/')[2]} {outcome}")
        self.ids.append(params.headers.get("X-Livekit-Request-Id"))
        self._answers.append(answer)


@asynccontextmanager
async def connect(
    control: dict | None = None,
    *,
    key: str | None = None,
    secret: str = API_SECRET,
    token: str | None = None,
    url: str = URLS[0],
    headers: dict[str, str] | None = None,
    timeout: aiohttp.ClientTimeout | None = None,
) -> AsyncIterator[tuple[LiveKitAPI, Seen]]:
    """A client as an application makes one, over a session that notes what it sends."""
    seen = Seen()
    # Where the application gives no session, the SDK makes one with the application's timeout, as here.
    options = {} if timeout is None else {"timeout": timeout}
    async with aiohttp.ClientSession(headers=headers, trace_configs=[seen.trace()], **options) as session:
        if token:
            yield LiveKitAPI.with_token(token, url, session=session), seen
        else:
            key = key or (API_KEY if control is None else control_key(control))
            yield LiveKitAPI(url, key, secret, session=session), seen
