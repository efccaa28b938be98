"""What the server did: its journal of calls, as ``GET /_mock/calls`` tells it."""

import asyncio
import json
import socket
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, TypedDict
from urllib.parse import urlencode

# How long an answer of the journal may take, in seconds.
ANSWER_TIME = 10.0


class CallFilter(TypedDict, total=False):
    """Which calls are asked for. All of what is given must match."""

    method: str
    """``CreateRoom``, ``RoomService/CreateRoom`` or ``livekit.RoomService/CreateRoom``."""
    region: int
    """The index of the region that got the call."""
    key: str
    """The control's ``key``: the calls of one test, if each test has its own."""
    call: str
    """The id that the tries of one call share."""
    kind: str
    """``api``, ``regions``, ``validate`` or ``signal``."""
    outcome: str
    """``answered``, ``failed``, ``refused``, ``dropped``, ``reset``, ``hung``, ``truncated``, ``garbage`` or ``gone``."""
    ended: bool
    """Whether the call has ended. One that waits, hangs or goes on as a connection has not."""
    after: int
    """Only calls after the one with this ``seq``."""


class Call(TypedDict, total=False):
    """A call, by the names of docs/BEHAVIOUR.md, What happened. What has nothing to say is missing."""

    seq: int
    time: str
    kind: str
    region: int
    http: str
    tls: bool
    method: str
    path: str
    call: str
    attempt: int
    key: str
    control: Dict[str, Any]
    controlFrom: Dict[str, str]
    caller: Dict[str, Any]
    request: Any
    requestBytes: int
    requestFormat: str
    outcome: str
    status: int
    response: Any
    responseBytes: int
    waitMs: int
    tookMs: int
    warnings: List[str]
    messages: List[Dict[str, Any]]
    messagesLost: int
    media: Dict[str, int]
    close: Dict[str, Any]


class Calls(List[Call]):
    """Calls, oldest first. As a text they are the journey: region, try and outcome, a line each."""

    next: int = 0
    """What to give as ``after``, to read on from here."""
    lost: int = 0
    """How many older calls, after ``after``, the server no longer has."""

    def journey(self) -> str:
        """A line for each call, for the message of an assertion."""
        return "\n".join(map(_line, self)) or "no calls"

    def __str__(self) -> str:
        return self.journey()

    def __repr__(self) -> str:
        # On one line: this is what pytest shows of `assert len(calls) == 2`.
        return f"[{'; '.join(map(_summary, self))}]"


class NoCall(AssertionError):
    """A call that was waited for did not come. Says what came instead."""


class JournalError(Exception):
    """The journal could not be read."""


Address = Tuple[str, int]


def read(address: Address, wanted: Mapping[str, Any]) -> Calls:
    """The calls that are wanted, as they are now."""
    try:
        with _asked(_Connection(*address, timeout=ANSWER_TIME), _path(wanted), "application/json") as answer:
            page = json.load(answer)
    except socket.timeout as error:
        raise JournalError(f"the journal did not answer within {ANSWER_TIME:g} s") from error
    calls = Calls(page["calls"])
    calls.next, calls.lost = page["next"], page["lost"]
    return calls


def authority(address: Address) -> str:
    """What clients of ``https://`` must trust, in PEM."""
    with _asked(_Connection(*address, timeout=ANSWER_TIME), "/_mock/ca.pem", "*/*") as answer:
        return answer.read().decode("ascii")


class _Connection(HTTPConnection):
    """One that knows its socket also when an answer has taken it over."""

    taken: Optional[socket.socket] = None

    def connect(self) -> None:
        super().connect()
        self.taken = self.sock


class Waiting:
    """Waits for a call by the journal's events."""

    def __init__(self, address: Address, wanted: Mapping[str, Any], timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        # Also the calls that were there before.
        self._wanted = {"after": 0, **wanted}
        self._connection = _Connection(*address, timeout=max(timeout, 0.001))

    def first(self) -> Call:
        """The first such call, which may be there already."""
        for call in read(self._address, {**self._wanted, "limit": 1}):
            return call
        try:
            with _asked(self._connection, _path(self._wanted), "text/event-stream") as answer:
                for call in _events(self._lines(answer)):
                    # A change of an earlier call is told, too.
                    if call["seq"] > self._wanted["after"]:
                        return call
        except socket.timeout:
            raise self._missed() from None
        raise JournalError("the server has ended the journal's events")

    async def first_in_a_thread(self) -> Call:
        """The same, while the event loop goes on."""
        waiting = asyncio.get_running_loop().run_in_executor(None, self.first)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            waiting.add_done_callback(lambda done: done.exception())
            self._wake()
            raise

    def _lines(self, answer: HTTPResponse) -> Iterator[str]:
        assert self._connection.taken is not None
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise socket.timeout
            self._connection.taken.settimeout(left)
            line = answer.readline()
            if not line:
                return
            yield line.decode().rstrip("\r\n")

    def _wake(self) -> None:
        """Ends the wait of the thread."""
        if self._connection.taken is not None:
            with suppress(OSError):
                self._connection.taken.shutdown(socket.SHUT_RDWR)

    def _missed(self) -> NoCall:
        given = ", ".join(f"{name}={value!r}" for name, value in self._wanted.items() if name != "after" or value)
        which = f"no call with {given}" if given else "no call"
        came = read(self._address, {"after": self._wanted["after"]})
        return NoCall(f"{which} came within {self._timeout:g} s; these came:\n{came}")


@contextmanager
def _asked(connection: _Connection, path: str, form: str) -> Iterator[HTTPResponse]:
    """The server's answer; a refusal is an error in its words."""
    try:
        connection.request("GET", path, headers={"Accept": form})
        with connection.getresponse() as answer:
            if answer.status != 200:
                raise JournalError(answer.read().decode("utf-8", "replace").strip())
            yield answer
    except socket.timeout:
        raise  # Whoever asked knows what it means.
    except (OSError, HTTPException) as error:
        raise JournalError(f"the journal can't be read: {error}") from error
    finally:
        connection.close()


def _path(wanted: Mapping[str, Any]) -> str:
    given = {name: value for name, value in wanted.items() if value is not None}
    return "/_mock/calls?" + urlencode({name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()})


def _events(lines: Iterator[str]) -> Iterator[Call]:
    """The calls that server-sent events bring, new ones and those that have changed."""
    event = ""
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        elif name == "data" and event != "lost":
            call: Call = json.loads(value)
            yield call
        elif not line:
            event = ""


def _line(call: Call) -> str:
    warnings = [f"\n    warning: {warning}" for warning in call.get("warnings", [])]
    return _summary(call) + "".join(warnings)


def _summary(call: Call) -> str:
    """One call in one line: the region, the try, and how it ended."""
    said = f"#{call['seq']} region {call['region']} {call.get('method', call['kind'])}"
    if "attempt" in call:
        said += f", try {call['attempt']}"
    if "call" in call:
        said += f" of {call['call']}"
    said += f": {call['outcome']}"
    if "status" in call:
        said += f" {call['status']}"
    return said + (f" after {call['tookMs']} ms" if "tookMs" in call else ", not ended yet")
