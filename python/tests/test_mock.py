"""The server from Python: started, asked by LiveKit's own client, stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from livekit import api

import livekit_mock
from livekit_mock import Control, Mock, MockError
from livekit_mock._control import AnyControl
from livekit_mock._mock import _Log


def health(url: str) -> str:
    with urllib.request.urlopen(f"{url}/_test/health", timeout=5) as answer:
        body: bytes = answer.read()
    return body.decode()


def ask_with_a_misspelt_control(mock: Mock) -> None:
    request = urllib.request.Request(f"{mock.url}/settings/regions", headers={"X-Lk-Mock": '{"failRegion":[0]}'})
    urllib.request.urlopen(request, timeout=5).close()


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_https_is_served_to_whoever_trusts_the_authority(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    with Mock(tls_ca=str(file)) as mock:
        url = f"https://localhost:{mock.ports[1]}/_test/health"
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(url, timeout=5)
        with urllib.request.urlopen(url, timeout=5, context=mock.ssl_context) as answer:
            assert answer.read() == b"ok"
        assert file.read_text() == mock.ca


def test_four_regions_answer_until_the_block_ends() -> None:
    with Mock() as mock:
        assert len(mock.urls) == 4
        assert mock.url == mock.urls[0] == f"http://127.0.0.1:{mock.ports[0]}"
        assert [health(url) for url in mock.urls] == ["ok"] * 4
    assert not any(listens(port) for port in mock.ports)


async def test_the_real_client_creates_lists_and_deletes_a_room() -> None:
    with Mock(auth="strict", api_secret="a secret of some length for this") as mock:
        async with api.LiveKitAPI(mock.url, mock.api_key, mock.api_secret) as client:
            room = await client.room.create_room(api.CreateRoomRequest(name="lobby"))
            assert (room.name, room.sid) == ("lobby", "MOCK_SID")
            assert len((await client.room.list_rooms(api.ListRoomsRequest())).rooms) == 1
            await client.room.delete_room(api.DeleteRoomRequest(room="lobby"))
        async with api.LiveKitAPI(mock.url, mock.api_key, "another secret, as long as the first") as stranger:
            with pytest.raises(api.TwirpError) as refused:
                await stranger.room.create_room(api.CreateRoomRequest(name="lobby"))
            assert refused.value.code == "unauthenticated"


async def test_the_real_client_is_programmed_by_its_key() -> None:
    with Mock() as mock:
        key = "mock:" + json.dumps({"failRegions": [0], "failStatus": 404})
        async with api.LiveKitAPI(mock.url, key, mock.api_secret) as client:
            with pytest.raises(api.TwirpError) as failure:
                await client.room.create_room(api.CreateRoomRequest(name="lobby"))
        assert failure.value.code == "not_found"


async def test_the_real_client_fails_over() -> None:
    key = "mock:" + json.dumps({"failRegions": [0], "failMode": "drop"})
    with Mock(regions=2, advertise_host="http://mock.livekit.cloud") as mock:
        async with api.LiveKitAPI(mock.url, key, mock.api_secret) as client:
            room = await client.room.create_room(api.CreateRoomRequest(name="lobby"))
    assert room.name == "lobby"


async def test_the_real_client_fails_over_between_hosts() -> None:
    """One process a region, each on an address of its own; only the last of them answers."""
    hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    with socket.socket() as first, socket.socket() as second, socket.socket() as third:
        probes = [first, second, third]
        for probe, host in zip(probes, hosts):
            probe.bind((host, 0))
        ports = [probe.getsockname()[1] for probe in probes]
    names = ["mock.livekit.cloud", *hosts[1:]]
    urls = [f"http://{name}:{port}" for name, port in zip(names, ports)]
    regions = [
        Mock(bind=host, ports=[port], advertise=urls, first_region=index, log_level="debug")
        for index, (host, port) in enumerate(zip(hosts, ports))
    ]
    key = "mock:" + json.dumps({"failRegions": [0, 1]})
    with regions[0] as zero, regions[1] as one, regions[2] as two:
        assert [mock.url for mock in regions] == urls
        async with api.LiveKitAPI(zero.url, key, zero.api_secret) as client:
            room = await client.room.create_room(api.CreateRoomRequest(name="lobby"))
        calls = [sum("CreateRoom" in line and "DEBUG" in line for line in mock.log) for mock in (zero, one, two)]
    assert room.name == "lobby"
    assert calls == [1, 1, 1]


@pytest.mark.parametrize("control", [{"failRegions": [0], "failStatus": 502}, Control(failRegions=[0], failStatus=502)])
async def test_every_request_starts_from_the_control_of_the_mock(control: AnyControl) -> None:
    with Mock(regions=1, control=control) as mock:
        async with api.LiveKitAPI(mock.url, mock.api_key, mock.api_secret) as client:
            with pytest.raises(api.ServerError) as error:
                await client.room.create_room(api.CreateRoomRequest(name="lobby"))
    assert error.value.status == 502


def test_many_live_side_by_side() -> None:
    mocks = [Mock(regions=2).start() for _ in range(5)]
    try:
        assert len({port for mock in mocks for port in mock.ports}) == 10
        assert [health(url) for mock in mocks for url in mock.urls] == ["ok"] * 10
    finally:
        for mock in mocks:
            mock.stop()


def test_variables_of_the_shell_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LK_TEST_SERVER_PORTS", "no port")
    with Mock(regions=1) as mock:
        assert health(mock.url) == "ok"


def test_the_log_holds_what_was_said_of_a_request_as_soon_as_it_is_answered() -> None:
    with Mock(regions=1, log_level="debug") as mock:
        for _ in range(600):
            ask_with_a_misspelt_control(mock)
            assert "/settings/regions" in mock.log[-1]
            health(mock.url)
            assert "/_test/health" in mock.log[-1]
    assert len(mock.log) == 1000


def test_a_line_of_the_log_that_is_half_written_waits_for_its_end() -> None:
    log = _Log()
    with log.writer() as descriptor:
        os.write(descriptor, b"one\ntw")
        assert log.lines() == ["one"]
        os.write(descriptor, b"o\nlast words")
        assert log.lines() == ["one", "two"]
    log.close()
    assert log.lines() == ["one", "two", "last words"]


def test_the_log_holds_what_was_wrong_with_a_control() -> None:
    with Mock(regions=1) as mock:
        ask_with_a_misspelt_control(mock)
        assert [line for line in mock.log if 'did you mean "failRegions"?' in line and line.startswith("WARN")]


def test_wrong_settings_are_said_in_the_servers_words() -> None:
    with pytest.raises(MockError, match=r"--advertise-host.*must be a scheme and a host"):
        Mock(advertise_host="nowhere").start()
    with pytest.raises(MockError, match=r'(?s)exit code 2.*--auth: "sure" must be strict, lenient or off'):
        Mock(auth="sure").start()


def test_a_port_in_use_is_said_in_the_servers_words() -> None:
    with Mock(regions=1) as mock:
        with pytest.raises(MockError, match=rf"(?s)exit code 1.*port {mock.ports[0]} .* is in use"):
            Mock(ports=mock.ports).start()


def test_what_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="give one of the two"):
        Mock(regions=1, ports=[0])
    with pytest.raises(MockError, match="not started"):
        Mock().url
    with Mock() as mock, pytest.raises(MockError, match="already started"):
        mock.start()


def test_a_missing_program_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_MOCK_PROGRAM", "/nowhere/livekit-mock")
    with pytest.raises(MockError, match="LIVEKIT_MOCK_PROGRAM is /nowhere/livekit-mock"):
        Mock().start()


def test_last_words_need_no_end_of_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho first >&2; printf last >&2; exit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("LIVEKIT_MOCK_PROGRAM", str(program))
    with pytest.raises(MockError, match=r"(?s)did not start \(exit code 3\).*first\n  last$"):
        Mock().start()


def test_a_server_that_dies_is_told_with_its_last_words() -> None:
    with pytest.raises(MockError, match=r"(?s)ended by itself \(exit code -9\).*did you mean"):
        with Mock() as mock:
            ask_with_a_misspelt_control(mock)
            assert mock._process is not None
            mock._process.kill()  # At once, when nobody has told this process yet.


def test_a_server_ends_with_a_process_that_is_killed() -> None:
    script = "import livekit_mock, time; print(livekit_mock.Mock().start().ports[0], flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    port = int(parent.stdout.readline())
    assert listens(port)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while listens(port):
        assert time.monotonic() < deadline, "the server outlives its parent"
        time.sleep(0.02)


def test_the_command_is_installed() -> None:
    program = Path(livekit_mock.program())
    said = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said.startswith("livekit-mock ")
    module = subprocess.run([sys.executable, "-m", "livekit_mock", "--version"], stdout=subprocess.PIPE, text=True, check=True)
    assert module.stdout == said
