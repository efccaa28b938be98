"""A programmable test double of the LiveKit server.

>>> import livekit_mock
>>> with livekit_mock.Mock(regions=4) as mock:
...     print(mock.url)  # doctest: +ELLIPSIS
http://127.0.0.1:...
"""

from ._control import Control, ControlFields, SipStatus, SipTransfer
from ._journal import Call, CallFilter, Calls, NoCall
from ._mock import Mock, MockError, Settings
from ._program import program
from ._token import (
    AgentEndpointGrants,
    AgentGrants,
    AgentThreadGrants,
    Grants,
    InferenceGrants,
    ObservabilityGrants,
    SipGrants,
    VideoGrants,
    all_grants,
)

__all__ = [
    "AgentEndpointGrants",
    "AgentGrants",
    "AgentThreadGrants",
    "Call",
    "CallFilter",
    "Calls",
    "Control",
    "ControlFields",
    "Grants",
    "InferenceGrants",
    "Mock",
    "MockError",
    "NoCall",
    "ObservabilityGrants",
    "Settings",
    "SipGrants",
    "SipStatus",
    "SipTransfer",
    "VideoGrants",
    "all_grants",
    "program",
]
