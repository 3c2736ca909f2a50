"""A skip counts as a failure in continuous integration, and nowhere else."""

from __future__ import annotations

import pytest

SKIPS = """
import pytest

def test_skips():
    pytest.skip("no browser here")

@pytest.mark.skipif(True, reason="not today")
def test_never_runs():
    pass

@pytest.mark.xfail
def test_known():
    assert False

def test_passes():
    pass
"""
MODULE = """
import pytest

pytest.skip("no cloud here", allow_module_level=True)
"""


@pytest.fixture(autouse=True)
def plugin(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["tests.plugins.no_skips"]')


def test_in_ci_a_skip_fails_and_says_why(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    pytester.makepyfile(SKIPS)
    result = pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:timeout")
    result.assert_outcomes(passed=1, failed=1, errors=1, xfailed=1)
    result.stdout.fnmatch_lines(["*skipped where nothing may be skipped*no browser here*"])


def test_in_ci_a_skipped_module_fails(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    pytester.makepyfile(MODULE)
    result = pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:timeout")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*no cloud here*"])


def test_elsewhere_a_skip_is_a_skip(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    pytester.makepyfile(SKIPS)
    pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:timeout").assert_outcomes(passed=1, skipped=2, xfailed=1)
