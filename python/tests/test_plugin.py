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
    result.stdout.fnmatch_lines(["*- Captured livekit-mock call -*", '*WARN *did you mean "failRegions"?*'])
    result.stdout.no_fnmatch_line("*early*")
