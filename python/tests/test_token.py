"""Tokens of the mock's own, and controls, as LiveKit's client and the server read them."""

import json
import urllib.request
from datetime import timedelta
from typing import Any, Dict, Iterator, List, Tuple
from urllib.error import HTTPError

import pytest
from livekit import api

from livekit_mock import Control, ControlFields, Mock, all_grants


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with Mock(regions=2, auth="strict", api_secret="a secret of some length for this") as mock:
        yield mock


def create_room(mock: Mock, token: str, headers: Dict[str, str] = {}) -> Tuple[int, Dict[str, Any], List[str]]:
    """The status, the body and the warnings."""
    url = f"{mock.url}/twirp/livekit.RoomService/CreateRoom"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, data=b"{}", headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=5)
    except HTTPError as error:
        answer = error
    with answer:
        return answer.status, json.load(answer), answer.headers.get_all("X-Lk-Mock-Warning", [])


def test_the_real_client_reads_what_a_token_says(mock: Mock) -> None:
    token = mock.token(
        identity="alice",
        name="Alice",
        kind="agent",
        metadata="of her own",
        attributes={"seat": "7"},
        control=Control(signal="no_pong"),
        video={"roomJoin": True, "room": "lobby", "canPublish": False},
        sip={"call": True},
    )
    claims = api.TokenVerifier(mock.api_key, mock.api_secret).verify(token)
    assert (claims.identity, claims.name, claims.kind, claims.metadata) == ("alice", "Alice", "agent", "of her own")
    assert claims.attributes == {"seat": "7", "lk.mock": '{"signal":"no_pong"}'}
    assert claims.video is not None and claims.sip is not None
    assert (claims.video.room_join, claims.video.room, claims.video.can_publish) == (True, "lobby", False)
    assert (claims.sip.call, claims.sip.admin) == (True, False)


def test_a_token_allows_what_its_grants_say(mock: Mock) -> None:
    for token, status in [
        (mock.token(**all_grants("lobby")), 200),
        (mock.token(video={"roomCreate": True}), 200),
        (mock.token(video={"roomCreate": True}, api_key="another"), 200),
        (mock.token(), 403),
        (mock.token(video={"roomList": True}), 403),
        (mock.token(**all_grants("lobby"), ttl=-3600), 401),
        (mock.token(**all_grants("lobby"), ttl=timedelta(hours=-1)), 401),
        (mock.token(**all_grants("lobby"), not_before=3600), 401),
        (mock.token(**all_grants("lobby"), api_secret="another secret, as long as the first"), 401),
    ]:
        assert create_room(mock, token)[0] == status, token


def test_a_control_is_brought_in_each_way(mock: Mock) -> None:
    control = Control(failRegions=[0], failStatus=404, failTwirpCode="n\u00f6")
    assert control.json == Control({"failRegions": [0]}, failStatus=404, failTwirpCode="n\u00f6").json
    status, body, warnings = create_room(mock, mock.token(**all_grants("")), control.headers)
    assert (status, body["code"], warnings) == (404, "n\u00f6", [])
    status, body, warnings = create_room(mock, mock.token(**all_grants(""), api_key=control.api_key))
    assert (status, body["code"], warnings) == (404, "n\u00f6", [])
    fields: ControlFields = {"signal": "room_not_found"}
    for token in [mock.token(control=fields), mock.token(attributes=Control(fields).attributes)]:
        with pytest.raises(HTTPError, match="404"):
            urllib.request.urlopen(f"{mock.url}/rtc/validate?access_token={token}", timeout=5)


def test_the_server_knows_each_field_of_a_control(mock: Mock) -> None:
    token = mock.token(**all_grants(""))
    unknown = [
        name
        for name in [*ControlFields.__annotations__, "noField"]
        if "unknown field" in str(create_room(mock, token, {"X-Lk-Mock": json.dumps({name: None})})[2])
    ]
    assert unknown == ["noField"]
