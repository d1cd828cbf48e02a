"""Runs that the tests share, and a real browser."""

import shutil

import pytest

from tests.runs import make, quiet, some

__all__ = ["browser", "make", "quiet", "some"]


@pytest.fixture(scope="session")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is not installed: `make test` does it, or apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()
