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
PAID = re.compile(r"\$([\d,]+)\.\d\d")
CODE = """import allocator as al
al.explore(al.simulate_users(2_000, seed=7), al.Policy.default().replace(budget="50000.00"))"""


@pytest.fixture
def lab(tmp_path):
    """Start JupyterLab with a notebook, far from the settings of whoever runs the tests."""
    cell = {"cell_type": "code", "source": CODE, "metadata": {}, "outputs": []}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel}
    notebook["cells"] = [{**cell, "id": "panel", "execution_count": None}]
    (tmp_path / "panel.ipynb").write_text(json.dumps(notebook))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    home = {name: str(tmp_path / name) for name in names}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path}"]
    with (tmp_path / "log").open("w+") as log:
        server = subprocess.Popen(command, env={**os.environ, **home}, stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}", server
        finally:
            server.terminate()  # which ends its kernels, too
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest.fixture
def page(lab):
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        shown = browser.new_page(viewport={"width": 1400, "height": 1000})
        address, server = lab
        until_it_answers(shown, f"{address}/api", server)
        shown.goto(f"{address}/lab/tree/panel.ipynb?token={TOKEN}", timeout=60_000)
        yield shown
        browser.close()


def until_it_answers(page, address, server):
    for _ in range(240):
        assert server.poll() is None, "JupyterLab ended"
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            page.wait_for_timeout(250)
        else:
            return
    pytest.fail("JupyterLab does not answer")


def test_a_slider_changes_the_total(page):
    cell = page.locator(".jp-CodeCell").first
    cell.locator(".cm-content").click(timeout=60_000)
    # A kernel that is not there yet is not asked.
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible(
        timeout=60_000
    )
    page.keyboard.press("Shift+Enter")
    total = page.locator(".allocator-explore tr", has_text="paid out").locator("td").nth(1)
    expect(total).to_have_text("$50,000.00", timeout=60_000)
    rows = page.locator(".widget-hslider")

    budget = rows.filter(has_text="budget, $").locator(".noUi-handle")
    budget.focus()
    page.keyboard.press("ArrowRight")
    expect(total).not_to_have_text("$50,000.00", timeout=30_000)
    assert 50_000 < int(PAID.fullmatch(total.inner_text())[1].replace(",", "")) < 60_000
    assert page.locator(".allocator-explore code").inner_text().startswith("policy.replace({")

    alert = page.locator(".jp-OutputArea").get_by_role("alert")  # JupyterLab has others
    # What cannot be paid is said in words; the last total stays.
    budget.focus()
    page.keyboard.press("Home")
    expect(alert).to_contain_text("the minimum of $4.00", timeout=30_000)
    page.get_by_role("button", name="Start over").click()
    expect(total).to_have_text("$50,000.00", timeout=30_000)
    expect(alert).to_have_count(0)
    assert page.locator(".jp-RenderedText[data-mime-type$=stderr]").count() == 0
