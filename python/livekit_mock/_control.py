"""A control, and the three ways in which a client brings it."""

import json
from typing import TYPE_CHECKING, Any, Dict, Mapping, Sequence, TypedDict, Union

if TYPE_CHECKING:
    from typing_extensions import Unpack


class SipStatus(TypedDict, total=False):
    """What a SIP call ends with."""

    code: int
    status: str
    """A text of its own; without one, the code's name."""


class SipTransfer(TypedDict, total=False):
    """How a SIP transfer fails."""

    reason: str
    """``STR_REJECTED``, ``STR_RINGING_TIMEOUT`` and so on."""
    id: str
    code: int
    status: str


class ControlFields(TypedDict, total=False):
    """What a request is to see, by the names of docs/BEHAVIOUR.md, The control."""

    failRegions: Sequence[int]
    """These regions fail, by index; the others answer."""
    failMode: str
    """How they fail: ``status``, ``drop``, ``delay``, ``reset``, ``hang``, ``truncate``, ``garbage`` or ``drip``."""
    failStatus: int
    """The failure's HTTP status; 503 by default."""
    failTwirpCode: str
    """The failure's Twirp code; by default the one that goes with the status."""
    failMessage: str
    """The failure's message: Twirp's ``msg``."""
    failMeta: Mapping[str, str]
    """What the failure says beside its message: Twirp's ``meta``."""
    failHeaders: Mapping[str, str]
    """The failure's headers, such as ``Retry-After``."""
    failBody: str
    """The failure's body, in place of a Twirp error."""
    failContentType: str
    """What ``failBody`` is; by default HTML where it begins with ``<``, else plain text."""
    dripMs: int
    """Milliseconds over which a body drips in mode ``drip``; 10000 by default."""
    failTimes: int
    """At most so many tries of one call fail, over all regions; then it is answered."""
    failRate: float
    """The share of tries that fail, from 0 to 1."""
    seed: Union[str, int]
    """What ``failRate`` and ``delayJitterMs`` are drawn from; 0 by default."""
    key: str
    """The id of the call, or of the test, where the client sends no ``X-Livekit-Request-Id``."""
    delayMs: int
    """Milliseconds to wait before success or failure."""
    delayJitterMs: int
    """Up to so many milliseconds more to wait."""
    response: Mapping[str, Any]
    """The answer, as JSON of the method's response message."""
    pinnedRegions: Sequence[str]
    """Only the regions of these names answer."""
    regionsStatus: int
    """The status of ``/settings/regions``."""
    regionsMode: str
    """How ``/settings/regions`` fails: a value of ``failMode``."""
    skipAuth: bool
    """No authorization for this request."""
    sipStatus: SipStatus
    sipTransfer: SipTransfer
    advertise: Sequence[str]
    """The URLs, by index, that ``/settings/regions`` lists."""
    auth: str
    """``strict``, ``lenient`` or ``off``, in place of the server's own setting."""
    strict: bool
    """Whether mistakes are refused, in place of the server's own setting."""
    futureField: bool
    """The answer also holds a field that no schema has yet."""
    signal: str
    """Signalling: the scenario, such as ``no_pong``."""
    leaveAction: Union[str, int]
    """Signalling: what a ``leave`` asks of the client."""
    script: Sequence[Mapping[str, Any]]
    """Signalling: a scenario of one's own, step by step."""
    v1: bool
    """Signalling: whether there is a ``/rtc/v1``."""
    rtc: bool
    """Signalling: whether an offer of a peer connection is answered."""
    protocol: int
    """Signalling: the protocol that the server says it has: 15 by default, at most 18."""


class Control:
    """What a request is to see: ``Control(failRegions=[0])``, or ``Control({"failRegions": [0]})``.

    The server names what is wrong with it, in its log and on the answer.
    """

    def __init__(self, fields: ControlFields = {}, **more: "Unpack[ControlFields]") -> None:
        self._fields = {**fields, **more}

    @property
    def json(self) -> str:
        """The control as it is sent, in plain ASCII."""
        return json.dumps(self._fields, separators=(",", ":"))

    @property
    def headers(self) -> Dict[str, str]:
        """The header that brings it with a request."""
        return {"X-Lk-Mock": self.json}

    @property
    def api_key(self) -> str:
        """An API key that brings it with every request of a client, also one that can't set a header."""
        return f"mock:{self.json}"

    @property
    def attributes(self) -> Dict[str, str]:
        """The attribute that brings it with a participant's token, for the signalling."""
        return {"lk.mock": self.json}

    def __repr__(self) -> str:
        return f"Control({self._fields!r})"


AnyControl = Union[Control, ControlFields]


def attributes_of(control: AnyControl) -> Dict[str, str]:
    """The attribute that brings a control, however it is given."""
    return _control(control).attributes


def json_of(control: AnyControl) -> str:
    """A control as it is sent, however it is given."""
    return _control(control).json


def _control(control: AnyControl) -> Control:
    return control if isinstance(control, Control) else Control(control)
