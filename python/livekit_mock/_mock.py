"""A running server and its life, from Python."""

import json
import os
import ssl
import subprocess
import tempfile
import threading
from collections import deque
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from types import TracebackType
from typing import (
    IO,
    TYPE_CHECKING,
    Any,
    BinaryIO,
    Deque,
    Dict,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Type,
    TypedDict,
    Union,
)

from ._control import AnyControl, attributes_of, json_of
from ._journal import Address, Call, CallFilter, Calls, JournalError, Waiting, authority, read
from ._program import program
from ._token import (
    AgentEndpointGrants,
    AgentGrants,
    AgentThreadGrants,
    InferenceGrants,
    ObservabilityGrants,
    Seconds,
    SipGrants,
    VideoGrants,
    signed,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

# How long a start may take, in seconds.
START_TIME = 20.0
# Beyond the grace, until a stop is enforced.
STOP_TIME = 10.0
# Lines of the log that are kept.
LOG_LINES = 1000


class MockError(Exception):
    """The server did not start, has ended by itself, or refused a question; holds what the server said."""


class Settings(TypedDict, total=False):
    """What a :class:`Mock` is started with: the flags of ``livekit-mock``, under the same names."""

    regions: int
    """So many regions, each on a free port."""
    ports: Sequence[int]
    """The regions' ports in their order, 0 is any free one; in place of ``regions``."""
    bind: str
    advertise_host: str
    advertise: Sequence[str]
    first_region: int
    twirp_prefix: str
    api_secret: str
    auth: str
    """``strict``, ``lenient`` or ``off``."""
    strict: bool
    control: AnyControl
    """What every request starts from; what a request asks for itself wins."""
    journal: int
    """How many of the last calls are kept to be looked at; 1000 by default, 0 is none."""
    reference: str
    """``latest`` or ``2026-08``: which release of the reference server is answered as."""
    rtc: str
    """``on`` or ``off``: whether rooms connect."""
    rtc_port: int
    """The UDP port of all peer connections; any free one unless said otherwise."""
    rtc_address: str
    """The address at which clients find that port, where it is not ``bind``."""
    tls_ca: str
    """A file to which the certificate authority is written; :attr:`Mock.ca` has it without one."""
    tls_cert: str
    """The file of a certificate of your own, in PEM."""
    tls_key: str
    """The file of its key, in PEM."""
    grace: float
    """Seconds for which a stop waits for the requests in flight; none, unlike the command."""
    log_level: str


class Mock:
    """A LiveKit server that answers as it is told, for as long as the ``with`` block lasts.

    It listens on free ports of loopback. It ends with this process, however that ends.
    """

    def __init__(
        self,
        *,
        regions: Optional[int] = None,
        ports: Optional[Sequence[int]] = None,
        bind: str = "127.0.0.1",
        advertise_host: Optional[str] = None,
        advertise: Sequence[str] = (),
        first_region: Optional[int] = None,
        twirp_prefix: Optional[str] = None,
        api_secret: str = "secret",
        auth: Optional[str] = None,
        strict: bool = False,
        control: Optional[AnyControl] = None,
        journal: Optional[int] = None,
        reference: Optional[str] = None,
        rtc: Optional[str] = None,
        rtc_port: Optional[int] = None,
        rtc_address: Optional[str] = None,
        tls_ca: Optional[str] = None,
        tls_cert: Optional[str] = None,
        tls_key: Optional[str] = None,
        grace: float = 0,
        log_level: Optional[str] = None,
    ) -> None:
        if ports is not None and regions is not None:
            raise ValueError("regions and ports both say how many regions there are; give one of the two")
        if ports is None:
            ports = [0] * (4 if regions is None else regions)
        #: What clients sign their tokens with. Any API key will do.
        self.api_key = "devkey"
        self.api_secret = api_secret
        #: The regions' URLs, by index, as they are advertised.
        self.urls: List[str] = []
        #: The regions' ports.
        self.ports: List[int] = []
        self._bind = bind
        self._grace = grace
        settings = {
            "ports": ",".join(map(str, ports)),
            "bind": bind,
            "advertise-host": advertise_host,
            "advertise": ",".join(advertise) or None,
            "first-region": first_region,
            "twirp-prefix": twirp_prefix,
            "api-secret": api_secret,
            "auth": auth,
            "strict": "true" if strict else None,
            "control": None if control is None else json_of(control),
            "journal": journal,
            "reference": reference,
            "rtc": rtc,
            "rtc-port": rtc_port,
            "rtc-address": rtc_address,
            "tls-ca": tls_ca,
            "tls-cert": tls_cert,
            "tls-key": tls_key,
            "grace": grace,
            "log-level": log_level,
            "log-format": "json",
        }
        self._flags = [f"--{name}={value}" for name, value in settings.items() if value is not None]
        self._process: Optional["subprocess.Popen[str]"] = None
        self._log = _Log()

    @property
    def url(self) -> str:
        """Region 0's URL, the one to give to a client."""
        if not self.urls:
            raise MockError("livekit-mock is not started; use it in a with statement, or call start()")
        return self.urls[0]

    @property
    def ca(self) -> str:
        """What a client of ``https://`` and ``wss://`` must trust, in PEM: the authority of this server."""
        with self._journal() as address:
            return authority(address)

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """One that trusts this server and nobody else, for a client in Python."""
        return ssl.create_default_context(cadata=self.ca)

    @property
    def log(self) -> List[str]:
        """The last lines of the server's log, oldest first: its warnings, at least.

        What it said of a request is here as soon as the request is answered.
        """
        return self._log.lines()

    def calls(self, *, limit: Optional[int] = None, **wanted: "Unpack[CallFilter]") -> Calls:
        """The calls that the server got, oldest first: ``mock.calls(method="CreateRoom", region=1)``.

        Each is a dict with the names of docs/BEHAVIOUR.md, What happened, and the list's text is the
        journey, a line each: ``assert len(calls) == 2, calls.journey()``. ``limit`` is for the last so
        many. A client that has an answer finds its call here.
        """
        with self._journal() as address:
            return read(address, {**wanted, "limit": limit})

    def wait_for_call(self, *, timeout: float = 5, **wanted: "Unpack[CallFilter]") -> Call:
        """The first such call, which may be there already, or come within ``timeout`` seconds.

        Raises :class:`NoCall`, which says what came instead. It blocks: where the code under test runs in
        this thread's event loop, use :meth:`wait_for_call_async`.
        """
        with self._journal() as address:
            return Waiting(address, wanted, timeout).first()

    async def wait_for_call_async(self, *, timeout: float = 5, **wanted: "Unpack[CallFilter]") -> Call:
        """As :meth:`wait_for_call`, while the event loop goes on."""
        with self._journal() as address:
            return await Waiting(address, wanted, timeout).first_in_a_thread()

    def token(
        self,
        *,
        identity: str = "mock-user",
        name: Optional[str] = None,
        kind: Optional[str] = None,
        metadata: Optional[str] = None,
        attributes: Optional[Mapping[str, str]] = None,
        control: Optional[AnyControl] = None,
        ttl: Seconds = 600,
        not_before: Seconds = -10,
        video: Optional[VideoGrants] = None,
        sip: Optional[SipGrants] = None,
        agent: Optional[AgentGrants] = None,
        agentEndpoint: Optional[AgentEndpointGrants] = None,
        agentThread: Optional[AgentThreadGrants] = None,
        inference: Optional[InferenceGrants] = None,
        observability: Optional[ObservabilityGrants] = None,
        api_key: Optional[str] = None,
        api_secret: Optional[str] = None,
    ) -> str:
        """A token that the server trusts. It allows what the grants say, and without any nothing.

        ``control`` goes into the participant's attribute ``lk.mock``, for the signalling. ``ttl`` is how
        long the token is good, in seconds, and ``not_before`` in how many seconds that begins: a negative
        ``ttl`` makes a token that has expired. The server takes one for 60 seconds more on either side.
        Another ``api_secret`` makes one that the server does not trust.
        """
        participant = {**(attributes or {}), **(attributes_of(control) if control is not None else {})}
        claims = {
            "iss": self.api_key if api_key is None else api_key,
            "sub": identity,
            "name": name,
            "kind": kind,
            "metadata": metadata,
            "attributes": participant or None,
            "video": video,
            "sip": sip,
            "agent": agent,
            "agentEndpoint": agentEndpoint,
            "agentThread": agentThread,
            "inference": inference,
            "observability": observability,
        }
        return signed(self.api_secret if api_secret is None else api_secret, claims, ttl, not_before)

    def start(self) -> "Mock":
        """Starts the server; every region answers when this returns."""
        if self._process is not None:
            raise MockError("livekit-mock is already started")
        log = _Log()
        try:
            command = [program(), "--stop-with-stdin", *self._flags]
            with log.writer() as stderr:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    # The flags alone say what this server is, not the variables of the shell.
                    env={name: value for name, value in os.environ.items() if not name.startswith("LK_TEST_SERVER_")},
                    encoding="utf-8",
                    errors="replace",
                )
        except OSError as error:
            log.close()
            raise MockError(f"livekit-mock can't be run: {error}") from error
        self._process, self._log = process, log
        assert process.stdout is not None
        ready = self._ready(process.stdout)
        self.urls = [region["url"] for region in ready["regions"]]
        self.ports = list(ready["ports"])
        return self

    def stop(self) -> None:
        """Stops the server and waits until it is gone.

        Raises :class:`MockError`, with what the server said last, if it had ended by itself.
        """
        process, self._process = self._process, None
        if process is None:
            return
        forced = self._end(process)
        # One that died a moment ago is not known to have ended yet; when asked to end, it says 0.
        if not forced and process.returncode != 0:
            raise self._death(process.returncode)

    def check(self) -> None:
        """Raises :class:`MockError`, with what the server said last, if it no longer runs."""
        code = None if self._process is None else self._process.poll()
        if code is not None:
            raise self._death(code)

    def __enter__(self) -> "Mock":
        return self.start()

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.stop()

    @contextmanager
    def _journal(self) -> Iterator[Address]:
        """Where the journal is read; what went wrong with it, as an error of this server's."""
        if self._process is None:
            raise MockError("livekit-mock does not run, so it has no calls; ask within its with statement")
        # Not the URL, which may be advertised as another host's.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}.get(self._bind, self._bind)
        try:
            yield host.strip("[]"), self.ports[0]
        except JournalError as error:
            self.check()
            raise MockError(str(error)) from error

    def _end(self, process: "subprocess.Popen[str]") -> bool:
        """Ends the server by the end of its input, and by force if that is not enough; whether it was forced."""
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.close()
        except OSError:
            pass  # It is gone already.
        try:
            process.wait(self._grace + STOP_TIME)
            forced = False
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            forced = True
        process.stdout.close()
        self._log.close()
        return forced

    def _ready(self, stdout: IO[str]) -> Dict[str, Any]:
        """Waits for the one line that the server prints when every region answers."""
        lines: "Queue[str]" = Queue()
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=START_TIME)
        except Empty:
            error = f"livekit-mock was not ready within {START_TIME:.0f} s"
        else:
            try:
                ready: Dict[str, Any] = json.loads(line)
                return ready
            except ValueError:
                error = f"livekit-mock said {line.strip()!r}" if line else "livekit-mock did not start"
        process, self._process = self._process, None
        assert process is not None
        self._end(process)
        raise self._gone(f"{error} (exit code {process.returncode})")

    def _death(self, code: int) -> MockError:
        return self._gone(f"livekit-mock has ended by itself (exit code {code})")

    def _gone(self, sentence: str) -> MockError:
        said = "\n".join(f"  {line}" for line in self.log[-20:])
        return MockError(f"{sentence}:\n{said}" if said else f"{sentence} and said nothing")


class _Log:
    """The server's log, in a file without a name.

    Not a pipe: what a pipe holds is seen when a thread gets round to it, and a full one loses lines.
    """

    def __init__(self) -> None:
        self._path = ""
        self._file: Optional[BinaryIO] = None
        self._lines: Deque[str] = deque(maxlen=LOG_LINES)
        self._count = 0
        self._lock = threading.Lock()

    @contextmanager
    def writer(self) -> Iterator[int]:
        """The descriptor for the server, which has its own once the block ends."""
        descriptor, self._path = tempfile.mkstemp(prefix="livekit-mock-", suffix=".log")
        try:
            self._file = open(self._path, "rb")
            yield descriptor
        finally:
            os.close(descriptor)
            self._remove()

    def close(self) -> None:
        """Keeps the lines, and the file no longer."""
        with self._lock:
            self._read(to_the_end=True)
            if self._file is not None:
                self._file.close()
                self._file = None
                self._remove()

    def lines(self) -> List[str]:
        with self._lock:
            self._read()
            return list(self._lines)

    def count(self) -> int:
        """How many lines have come so far."""
        with self._lock:
            self._read()
            return self._count

    def after(self, count: int) -> List[str]:
        """Those lines, of the ones that are kept, that came after so many."""
        with self._lock:
            self._read()
            fresh = self._count - count
            return list(self._lines)[-fresh:] if fresh else []

    def _read(self, to_the_end: bool = False) -> None:
        """Reads on from where the last call came to the end of a line, which may be half written."""
        if self._file is None:
            return
        for line in self._file:
            if not (to_the_end or line.endswith(b"\n")):
                self._file.seek(-len(line), os.SEEK_CUR)
                break
            self._lines.append(_plain(line.decode("utf-8", "replace").rstrip()))
            self._count += 1

    def _remove(self) -> None:
        with suppress(OSError):  # Windows keeps a file while it is open; elsewhere it is gone the first time.
            os.unlink(self._path)


def _plain(line: str) -> str:
    """An event of the JSON log as a person would read it; what is no event stays."""
    try:
        event: Union[Dict[str, Any], Any] = json.loads(line)
        return f"{event['level']} {event['message']}"
    except (ValueError, KeyError, TypeError):
        return line
