"""A programmable test double of the LiveKit server.

>>> import livekit_mock
>>> with livekit_mock.Mock(regions=4) as mock:
...     print(mock.url)  # doctest: +ELLIPSIS
http://127.0.0.1:...
"""

from ._mock import Mock, MockError, Settings
from ._program import program

__all__ = ["Mock", "MockError", "Settings", "program"]
