"""What the SDK does when the network breaks: every request that it sends, the id that each brings, and what the application gets."""

import errno
import logging
import time
import uuid

import aiohttp
import pytest
from google.protobuf.message import DecodeError
from livekit import api
from network import answered, breaks, create, fails, goes_on_to_region_1, said
from support import CLOUD_API_URLS, CLOUD_URLS, URLS, connect

CLOUD, PLAIN = CLOUD_URLS[0], URLS[0]
UNAVAILABLE = (503, "unavailable", "mock failure (status 503)")


@pytest.mark.behaviour("net-reset")
async def test_reset() -> None:
    assert await answered(breaks("reset")) == goes_on_to_region_1("reset, id A")


@pytest.mark.behaviour("net-reset")
async def test_reset_without_another_region() -> None:
    error, tries = await fails(aiohttp.ClientOSError, breaks("reset"), PLAIN)
    assert error.errno == errno.ECONNRESET
    assert tries == ["0 CreateRoom reset, id A"]


@pytest.mark.behaviour("net-reset")
async def test_reset_in_every_region() -> None:
    _, tries = await fails(aiohttp.ClientOSError, breaks("reset", failRegions=[0, 1, 2, 3]))
    assert tries == ["0 CreateRoom reset, id A", "0 regions 200, no id", "1 CreateRoom reset, id A", "2 CreateRoom reset, id A"]


@pytest.mark.behaviour("net-truncate")
async def test_half_an_answer() -> None:
    assert await answered(breaks("truncate")) == goes_on_to_region_1("200, cut, try 1, id A")


@pytest.mark.behaviour("net-truncate")
async def test_half_an_answer_without_another_region() -> None:
    error, tries = await fails(aiohttp.ClientPayloadError, breaks("truncate"), PLAIN)
    assert "Not enough data to satisfy content length header" in str(error)
    assert tries == ["0 CreateRoom 200, cut, try 1, id A"]


@pytest.mark.behaviour("net-truncate")
async def test_half_an_error() -> None:
    assert await answered(breaks("truncate", failStatus=503)) == goes_on_to_region_1("503, cut, try 1, id A")


@pytest.mark.behaviour("net-truncate")
@pytest.mark.parametrize(("status", "url"), [(503, PLAIN), (404, CLOUD)])
async def test_half_an_error_keeps_its_status_alone(status: int, url: str) -> None:
    error, tries = await fails(api.ServerError, breaks("truncate", failStatus=status), url)
    assert said(error) == (status, "unknown", "")
    assert tries == [f"0 CreateRoom {status}, cut, try 1, id A"]


@pytest.mark.behaviour("net-garbage")
async def test_garbage() -> None:
    assert await answered(breaks("garbage")) == goes_on_to_region_1("garbage, id A")


@pytest.mark.behaviour("net-garbage")
async def test_garbage_without_another_region() -> None:
    """The status is aiohttp's: no server sent one."""
    error, tries = await fails(aiohttp.ClientResponseError, breaks("garbage"), PLAIN)
    assert (error.status, error.message.partition(":")[0]) == (400, "Bad status line")
    assert tries == ["0 CreateRoom garbage, id A"]


HTML = "<html><body>502 Bad Gateway</body></html>"


@pytest.mark.behaviour("net-html-502")
async def test_html() -> None:
    control = {"failRegions": [0], "failStatus": 502, "failBody": HTML}
    assert await answered(control) == goes_on_to_region_1("502, try 1, id A")


@pytest.mark.behaviour("net-html-502")
async def test_html_without_another_region() -> None:
    error, tries = await fails(api.ServerError, {"failRegions": [0], "failStatus": 502, "failBody": HTML}, PLAIN)
    assert (*said(error), error.metadata) == (502, "unknown", "", {})
    assert tries == ["0 CreateRoom 502, try 1, id A"]


@pytest.mark.behaviour("net-html-502")
@pytest.mark.parametrize("body", ["", "null", "[]", '"Bad Gateway"'])
@pytest.mark.parametrize(("status", "url"), [(502, PLAIN), (403, CLOUD)])
async def test_json_that_is_no_object(status: int, url: str, body: str) -> None:
    """The SDK looks for a member in whatever the JSON was."""
    control = {"failRegions": [0], "failStatus": status, "failBody": body, "failContentType": "application/json"}
    error, tries = await fails(AttributeError, control, url)
    assert str(error).endswith("object has no attribute 'get'")
    assert tries == [f"0 CreateRoom {status}, try 1, id A"]


@pytest.mark.behaviour("net-html-502")
async def test_html_with_status_200() -> None:
    error, tries = await fails(DecodeError, {"failRegions": [0], "failStatus": 200, "failBody": HTML})
    assert "livekit.Room" in str(error)
    assert tries == ["0 CreateRoom 200, try 1, id A"]


@pytest.mark.behaviour("net-html-502")
async def test_empty_page_with_status_200() -> None:
    async with connect({"failRegions": [0], "failStatus": 200, "failBody": ""}, url=CLOUD) as (lkapi, seen):
        assert await create(lkapi) == api.Room()
    assert seen.tries == ["0 CreateRoom 200, try 1, id A"]


@pytest.mark.behaviour("net-429")
@pytest.mark.parametrize("url", [CLOUD, PLAIN], ids=["cloud", "plain"])
async def test_429(url: str) -> None:
    control = {"failRegions": [0], "failStatus": 429, "failHeaders": {"Retry-After": "1"}}
    error, tries = await fails(api.ServerError, control, url)
    assert (*said(error), error.metadata) == (429, "resource_exhausted", "mock failure (status 429)", {})
    assert "Retry-After" not in repr(vars(error))
    assert tries == ["0 CreateRoom 429, try 1, id A"]


@pytest.mark.behaviour("net-fails-once")
async def test_fails_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "livekit"):
        assert await answered({"failTimes": 1}) == goes_on_to_region_1("503, try 1, id A")
    assert caplog.messages == [
        f"livekit API request to {CLOUD} failed (status 503), retrying with fallback url {CLOUD_URLS[1]}",
    ]


@pytest.mark.behaviour("net-fails-once")
async def test_fails_once_without_another_region() -> None:
    error, tries = await fails(api.ServerError, {"failTimes": 1}, PLAIN)
    assert said(error) == UNAVAILABLE
    assert tries == ["0 CreateRoom 503, try 1, id A"]


@pytest.mark.behaviour("net-fails-once")
async def test_each_call_has_an_id_of_its_own() -> None:
    async with connect({"failTimes": 1}, url=CLOUD) as (lkapi, seen):
        await create(lkapi)
        await create(lkapi)
    first = goes_on_to_region_1("503, try 1, id A")
    assert seen.tries == first + [request.replace("id A", "id B") for request in first]
    assert [uuid.UUID(id).version for id in seen.ids if id] == [4] * 4


@pytest.mark.behaviour("net-fails-once")
async def test_a_short_timeout_of_the_client_ends_failover() -> None:
    async with connect({"failTimes": 1}, url=CLOUD, timeout=aiohttp.ClientTimeout(total=4.9)) as (lkapi, seen):
        with pytest.raises(api.ServerError) as raised:
            await create(lkapi)
    assert said(raised.value) == UNAVAILABLE
    assert seen.tries == ["0 CreateRoom 503, try 1, id A"]


TWICE = ["0 CreateRoom 503, try 1, id A", "0 regions 200, no id", "1 CreateRoom 503, try 2, id A"]


@pytest.mark.behaviour("net-fails-twice")
async def test_fails_twice() -> None:
    started = time.monotonic()
    assert await answered({"failTimes": 2}) == [*TWICE, "2 CreateRoom 200, try 3, id A"]
    assert time.monotonic() - started >= 0.6


@pytest.mark.behaviour("net-fails-twice")
async def test_fails_twice_where_there_are_two_regions() -> None:
    control = {"failTimes": 2, "pinnedRegions": ["region-0", "region-1"]}
    assert await answered(control) == [*TWICE, "1 CreateRoom 200, try 3, id A"]


@pytest.mark.behaviour("net-fails-in-turn")
async def test_fails_in_turn() -> None:
    error, tries = await fails(api.ServerError, {"failTimes": 4})
    assert said(error) == UNAVAILABLE
    assert tries == [*TWICE, "2 CreateRoom 503, try 3, id A"]


@pytest.mark.behaviour("net-fails-in-turn")
async def test_an_application_that_tries_again_makes_another_call() -> None:
    async with connect({"failTimes": 3}, url=CLOUD) as (lkapi, seen):
        for _ in range(2):
            with pytest.raises(api.ServerError):
                await create(lkapi)
    first = [*TWICE, "2 CreateRoom 503, try 3, id A"]
    assert seen.tries == first + [request.replace("id A", "id B") for request in first]


@pytest.mark.behaviour("net-fails-in-turn")
async def test_an_id_of_the_application_is_not_sent() -> None:
    async with connect(url=CLOUD, headers={"X-Livekit-Request-Id": "mine"}) as (lkapi, seen):
        await create(lkapi)
    assert seen.tries == ["0 CreateRoom 200, try 1, id A"]
    assert seen.ids != ["mine"]


@pytest.mark.behaviour("net-cloud-api")
async def test_cloud_api() -> None:
    assert await answered({"failTimes": 1}, CLOUD_API_URLS[0]) == ["0 CreateRoom 503, try 1, id A", "0 CreateRoom 200, try 2, id A"]


@pytest.mark.behaviour("net-cloud-api")
async def test_cloud_api_fails_three_times() -> None:
    error, tries = await fails(api.ServerError, {"failTimes": 3}, CLOUD_API_URLS[0])
    assert said(error) == UNAVAILABLE
    assert tries == [f"0 CreateRoom 503, try {attempt}, id A" for attempt in (1, 2, 3)]
