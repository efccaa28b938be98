"""What happened: the calls that a server got, as it keeps them."""

import json
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Dict, Iterator, List, Mapping, Optional, TypedDict, Union
from urllib.parse import urlencode

Call = Dict[str, Any]
"""A call, with the fields of docs/BEHAVIOUR.md, What happened."""

Filter = Union[str, int, bool, None]

# How long a question may take, in seconds.
ANSWER_TIME = 10.0


class CallFilters(TypedDict, total=False):
    """Which calls are meant; all that is given must match."""

    method: Optional[str]
    """``CreateRoom``, ``RoomService/CreateRoom`` or ``livekit.RoomService/CreateRoom``."""
    region: Optional[int]
    key: Optional[str]
    """The control's ``key``: with one of its own, a test sees only its own calls."""
    call: Optional[str]
    """The id that all tries of a call share."""
    kind: Optional[str]
    """``api``, ``regions``, ``validate`` or ``signal``."""
    outcome: Optional[str]
    """``answered``, ``failed``, ``refused``, ``dropped``, ``reset``, ``hung``, ``truncated``, ``garbage`` or ``gone``."""
    ended: Optional[bool]
    after: Optional[int]
    """Only calls after the one with this ``seq``."""


class Calls(List[Call]):
    """Calls, oldest first."""

    @property
    def journey(self) -> str:
        """A line for each call, with its region, its try and its outcome, and a line for each warning."""
        return "\n".join(_line(call) + "".join(_warnings(call)) for call in self) or "no calls"

    def __repr__(self) -> str:
        return f"<{'; '.join(map(_line, self))}>" if self else "<no calls>"


class Journal:
    """The journal of the server at this address."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    def calls(self, filters: Mapping[str, Filter]) -> Calls:
        return Calls(self._page(filters)["calls"])

    def last(self) -> int:
        """The number of the last call."""
        last: int = self._page({"limit": 1})["next"]
        return last

    def wait(self, timeout: float, filters: Mapping[str, Filter]) -> Optional[Call]:
        """The first of these calls; none if it does not come in time."""
        deadline = time.monotonic() + timeout
        connection = HTTPConnection(self._host, self._port, timeout=timeout)
        try:
            response = _asked(connection, {"after": 0, **filters}, {"Accept": "text/event-stream"})
            for event in _events(connection, response, deadline):
                if event.get("event") != "lost":
                    call: Call = json.loads(event["data"])
                    return call
        except TimeoutError:
            pass
        finally:
            connection.close()
        return None

    def _page(self, filters: Mapping[str, Filter]) -> Dict[str, Any]:
        connection = HTTPConnection(self._host, self._port, timeout=ANSWER_TIME)
        try:
            page: Dict[str, Any] = json.loads(_asked(connection, filters, {}).read())
            return page
        finally:
            connection.close()


def _asked(connection: HTTPConnection, filters: Mapping[str, Filter], headers: Dict[str, str]) -> HTTPResponse:
    given = {name: _text(value) for name, value in filters.items() if value is not None}
    connection.request("GET", f"/_mock/calls?{urlencode(given)}", headers=headers)
    response = connection.getresponse()
    if response.status != 200:
        raise ValueError(response.read().decode("utf-8", "replace").strip())
    return response


def _text(value: Filter) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _events(connection: HTTPConnection, response: HTTPResponse, deadline: float) -> Iterator[Dict[str, str]]:
    """The server-sent events of an answer, until the deadline."""
    event: Dict[str, str] = {}
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        line = response.readline().decode("utf-8").rstrip("\r\n")
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
            continue
        if "data" in event:
            yield event
        elif not event and response.isclosed():
            raise HTTPException("livekit-mock has ended")
        event = {}


def _line(call: Call) -> str:
    attempt = f", try {call['attempt']} of {call['call']}" if "attempt" in call else ""
    status = f" {call['status']}" if "status" in call else ""
    took = f" after {call['tookMs']} ms" if "tookMs" in call else ", not ended yet"
    head = f"#{call['seq']} region {call['region']} {call.get('method', call['kind'])}"
    return f"{head}{attempt}: {call['outcome']}{status}{took}"


def _warnings(call: Call) -> Iterator[str]:
    return (f"\n    warning: {warning}" for warning in call.get("warnings", []))
