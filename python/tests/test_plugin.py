"""The pytest plugin, as a suite meets it that has installed the wheel."""

import pytest


def test_one_server_serves_the_whole_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import urllib.request

        seen = []

        def test_one(livekit_mock, livekit_mock_url):
            seen.append(livekit_mock)
            assert livekit_mock_url == livekit_mock.url
            assert urllib.request.urlopen(livekit_mock_url + "/_test/health", timeout=5).read() == b"ok"

        def test_other(livekit_mock_url, livekit_mock):
            assert seen == [livekit_mock]
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_it_is_started_as_the_suite_says(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def livekit_mock_settings():
            return {"regions": 2}
        """
    )
    pytester.makepyfile("def test_regions(livekit_mock): assert len(livekit_mock.urls) == 2")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_server_that_does_not_start_fails_the_test_in_its_own_words(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def livekit_mock_settings():
            return {"auth": "sure"}
        """
    )
    pytester.makepyfile("def test_it(livekit_mock_url): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*--auth: "sure" must be strict, lenient or off*'])


def test_a_server_that_dies_fails_the_test_and_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import urllib.request

        def kill(mock):
            mock._process.kill()
            mock._process.wait()

        def test_that_notices(livekit_mock):
            kill(livekit_mock)
            urllib.request.urlopen(livekit_mock.url, timeout=5)

        def test_that_does_not(livekit_mock):
            pass
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=2, errors=1)  # The error: the server's own end, at the session's.
    result.stdout.fnmatch_lines(["*MockError: livekit-mock has ended by itself (exit code -9)*"])


def test_a_failing_test_shows_what_the_server_logged(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import urllib.request

        def ask(url, control):
            request = urllib.request.Request(url + "/settings/regions", headers={"X-Lk-Mock": control})
            urllib.request.urlopen(request, timeout=5).close()

        def test_before(livekit_mock_url):
            ask(livekit_mock_url, '{"early":1}')

        def test_failing(livekit_mock_url):
            ask(livekit_mock_url, '{"failRegion":[0]}')
            assert False
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*- Captured livekit-mock log call -*", '*WARN *did you mean "failRegions"?*'])
    result.stdout.no_fnmatch_line("*early*")


ASKING = """
import urllib.error
import urllib.request

import pytest

from livekit_mock import Control, all_grants


def ask(mock, region, **control):
    token = mock.token(**all_grants("lobby"), api_key=Control(control).api_key)
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    url = mock.urls[region] + "/twirp/livekit.RoomService/CreateRoom"
    try:
        urllib.request.urlopen(urllib.request.Request(url, data=b"{}", headers=headers), timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
"""


def test_a_failing_test_shows_its_own_journey(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        ASKING
        + """
def test_before(livekit_mock):
    ask(livekit_mock, 3, key="before")

@pytest.fixture
def asked(livekit_mock):
    ask(livekit_mock, 2, key="mine")

def test_failing(livekit_mock, asked):
    ask(livekit_mock, 0, key="mine", failRegions=[0])
    ask(livekit_mock, 1, key="mine", failRegions=[0])
    assert len(livekit_mock.calls(key="mine")) == 1
"""
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            # The assertion itself says which calls there were.
            "*where 3 = len(*#2 region 2 RoomService/CreateRoom, try 1 of mine: answered 200*",
            "*- Captured livekit-mock call -*",
            "The calls since the test began:",
            "#2 region 2 RoomService/CreateRoom, try 1 of mine: answered 200 after * ms",
            "#3 region 0 RoomService/CreateRoom, try 2 of mine: failed 503 after * ms",
            "#4 region 1 RoomService/CreateRoom, try 3 of mine: answered 200 after * ms",
        ]
    )
    result.stdout.no_fnmatch_line("*of before*")
    result.stdout.no_fnmatch_line("*eyJ*")


def test_a_test_with_a_key_shows_no_other_calls(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        ASKING
        + """
from concurrent.futures import ThreadPoolExecutor

def test_failing(livekit_mock, livekit_mock_key):
    with ThreadPoolExecutor() as tests:
        for key in [livekit_mock_key, "another", "a-third"]:
            tests.submit(ask, livekit_mock, 0, key=key)
    assert len(livekit_mock.calls()) == 3
    assert len(livekit_mock.calls(key=livekit_mock_key)) == 1
    assert False
"""
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "The calls with the key test_failing-*, since the test began:",
            "#? region 0 RoomService/CreateRoom, try 1 of test_failing-*: answered 200 after * ms",
        ]
    )
    result.stdout.no_fnmatch_line("*of another*")


def test_keys_are_of_one_test_each(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        seen = set()

        @pytest.mark.parametrize("round", ["one", "other"])
        def test_key(livekit_mock_key, round):
            assert livekit_mock_key.startswith(f"test_key[{round}]-")
            seen.add(livekit_mock_key)

        def test_all():
            assert len(seen) == 2
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=3)


def test_without_a_journal_a_failing_test_says_so(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def livekit_mock_settings():
            return {"journal": 0}
        """
    )
    pytester.makepyfile("def test_it(livekit_mock): assert False")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- Captured livekit-mock call -*", "*keeps no calls*"])
