"""JupyterLab in a real browser: a slider moves, and the total changes."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request

import pytest
from playwright.sync_api import expect, sync_playwright

TOKEN = "explore"
CODE = """import allocator as al
panel = al.explore(al.simulate_users(2_000, seed=7), al.Policy.default().replace(budget="50000.00"))
panel"""


@pytest.fixture
def lab(tmp_path):
    cell = {
        "cell_type": "code",
        "source": CODE,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [cell]}
    (tmp_path / "panel.ipynb").write_text(json.dumps(notebook))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = {
        name: str(tmp_path / name) for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--port",
        str(port),
    ]
    command += [f"--IdentityProvider.token={TOKEN}", f"--notebook-dir={tmp_path}"]
    with (tmp_path / "log").open("w+") as log:
        server = subprocess.Popen(command, env={**os.environ, **home}, stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def test_a_slider_changes_the_total(lab):
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        _wait_for(page, f"{lab}/lab/tree/panel.ipynb?token={TOKEN}")
        page.locator(".jp-CodeCell").first.click(timeout=60_000)
        page.keyboard.press("Shift+Enter")
        total = page.locator("tr", has_text="paid out").locator("b")
        expect(total).to_have_text("$50,000.00", timeout=60_000)
        slider = page.locator(".noUi-handle").first
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("PageUp")
        expect(total).not_to_have_text("$50,000.00", timeout=30_000)
        assert re.fullmatch(r"\$[\d,]+\.\d\d", total.inner_text())
        browser.close()


def _wait_for(page, address):
    """Open the page as soon as the server answers."""
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            page.wait_for_timeout(250)
        else:
            break
    page.goto(address, timeout=60_000)
