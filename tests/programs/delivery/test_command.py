"""``allocator deliver send`` and ``status``: what people see when the hub is away."""

import builtins
import json
import socket
import sys

import pytest

from allocator.cli import deliver_progress, main
from allocator.programs.delivery.ledger import Ledger

from .hub import Hub


@pytest.fixture
def give(monkeypatch, capsys):
    def run(*args):
        monkeypatch.setattr(sys, "argv", ["allocator", "deliver", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return run


@pytest.fixture
def batches(many):
    made, table = many(60)
    ledger = Ledger(made)
    ledger.load(table)
    ledger.close()
    return made.folder


def states(give, batches):
    _, out, _ = give("status", batches, "--json")
    return {name: each["count"] for name, each in json.loads(out)["states"].items()}


def test_a_hub_that_is_not_there_is_told_at_once_and_nothing_is_claimed(give, batches):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    code, out, err = give("send", batches, "--hub", address)
    assert (code, out) == (1, "")
    assert err == f"Error: cannot reach {address}: connection refused; nothing was sent\n"
    assert states(give, batches)["planned"] == 60


def test_nothing_left_to_send_needs_no_hub(give, batches, hub):
    assert give("send", batches, "--hub", hub.url)[0] == 0
    hub.__exit__()
    code, out, _ = give("send", batches, "--hub", hub.url)
    assert (code, out.split(",")[0]) == (0, "0 vouchers acknowledged")
    assert give("send", batches, "--hub", hub.url, "--again")[0] == 1


def test_a_log_has_a_line_now_and_then_and_status_the_last_reason(give, batches, monkeypatch):
    monkeypatch.setattr(deliver_progress, "SECONDS", 0.005)
    with Hub() as hub:
        first = []

        def gone():
            if first:
                return "code 503"
            return first.append(1) or ""

        hub.next_fault = gone
        monkeypatch.setattr("allocator.programs.delivery.sender.UNANSWERED", 2)
        code, out, err = give("send", batches, "--hub", hub.url, "--request-size", "20")
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert (
        "20 acknowledged, 0 refused, 20 unanswered ... no answer: HTTP 503; trying again" in lines
    )
    assert lines[-1].startswith("Error: the hub did not answer 2 requests in a row: nothing is")
    assert lines[-1].endswith("(the last time: HTTP 503)")
    _, out, _ = give("status", batches)
    assert "40 not sent or refused, the last at 20" in out
    assert "Z: HTTP 503\n" in out
    (reason,) = json.loads(give("status", batches, "--json")[1])["reasons"]
    assert (reason["reason"], reason["count"]) == ("HTTP 503", 40)


def test_json_is_quiet_and_complete(give, batches, hub):
    code, out, err = give("send", batches, "--hub", hub.url, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "acknowledged": 60,
        "refused": 0,
        "unanswered": 0,
        "requests": 1,
        "unreached": 0,
    }
    assert json.loads(give("status", batches, "--json")[1])["reasons"] == []


def test_a_terminal_has_one_line_that_is_written_over(give, batches, hub, monkeypatch, capsys):
    monkeypatch.setattr(deliver_progress, "SECONDS_ON_A_TERMINAL", 0.001)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    hub.on_request = lambda _: hub.closing.wait(0.1)
    code, _, err = give("send", batches, "--hub", hub.url, "--request-size", "20")
    assert code == 0
    assert "\r\x1b[K20 acknowledged, 0 refused, 0 unanswered ..." in err
    assert "\n" not in err
    assert capsys.readouterr().err == ""


def test_without_the_extra_it_is_named_and_the_code_is_that_of_usage(give, batches, monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kw):
        if name.startswith("sqlalchemy"):
            raise ModuleNotFoundError("No module named 'sqlalchemy'", name="sqlalchemy")
        return real(name, *args, **kw)

    for name in ("store", "ledger", "status", "sender"):
        monkeypatch.delitem(sys.modules, f"allocator.programs.delivery.{name}", raising=False)
    monkeypatch.setattr(builtins, "__import__", missing)
    code, _, err = give("status", batches)
    assert code == 2
    assert err == (
        "Error: the delivery ledger needs SQLAlchemy, which is not installed: "
        "pip install 'fair-allocator[delivery]' (in a clone: pip install -e '.[delivery]')\n"
    )
