import pytest

from allocator.errors import AllocatorError
from allocator.programs.delivery.hub import Hub as Client
from allocator.programs.delivery.hub import HubRefusedError, NoAnswerError, NotConnectedError
from allocator.programs.delivery.ledger import Ledger
from allocator.programs.delivery.sender import ATTEMPTS, UNANSWERED, UNREACHED, Clock, send

from .hub import FAULTS, Hub


def go(planned, hub, time, size=20, **options):
    clock = Clock(time.now, time.sleep)
    client = hub if hasattr(hub, "send") else Client(hub.url, timeout=0.5)
    return send(planned.ledger, client, size=size, clock=clock, **options)


def test_a_good_hub_gets_each_voucher_once_in_order(planned, hub, time):
    seen = []
    sent = go(planned, hub, time, progress=lambda done: seen.append(done.acknowledged))
    n = planned.table.num_rows
    assert (sent.acknowledged, sent.refused, sent.unanswered) == (n, 0, 0)
    assert [voucher for voucher, _ in hub.paid] == planned.table["voucher_id"].to_pylist()
    assert [cents for _, cents in hub.paid] == planned.table["amount_cents"].to_pylist()
    assert set(hub.arrivals.values()) == {1}
    assert seen[-1] == n
    assert go(planned, hub, time).requests == 0


@pytest.mark.parametrize("fault", [each for each in FAULTS if each != "late"])
def test_every_fault_by_itself_loses_nothing_and_pays_nothing_twice(planned, time, fault):
    with Hub(trouble=0.5, faults=(fault,), seed=1) as hub:
        go(planned, hub, time)
    assert hub.met[fault] > 2
    assert len(hub.paid) == len(hub.keys) == planned.table.num_rows
    assert planned.ledger.tallies()["acknowledged"].count == planned.table.num_rows


def test_a_hub_that_does_not_deduplicate_pays_twice_which_the_tests_would_see(planned, time):
    with Hub(trouble=0.5, faults=("500 after",), deduplicate=False, seed=1) as hub:
        go(planned, hub, time)
    assert hub.double_paid() > 0


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing further runs."""


class Deadly:
    """A client that dies at a request, before or after the hub has it."""

    timeout = 0.5

    def __init__(self, hub, *, after, at):
        self.client, self.after, self.left = Client(hub.url, timeout=0.5), after, at

    def send(self, rows):
        self.left -= 1
        if self.left == 0:
            if self.after:
                self.client.send(rows)
            raise Killed
        return self.client.send(rows)


@pytest.mark.parametrize("after", [False, True])
def test_whoever_dies_at_a_request_is_succeeded_with_the_same_keys(planned, hub, time, after):
    with pytest.raises(Killed):
        go(planned, Deadly(hub, after=after, at=3), time)
    assert planned.ledger.tallies()["sent"].count == 20
    go(planned, hub, time)
    assert len(hub.paid) == planned.table.num_rows
    assert sorted(set(hub.arrivals.values())) == ([1, 2] if after else [1])
    assert max(time.waits) > 0.5  # it waited until the dead one's time was up


@pytest.mark.parametrize("step", ["acknowledge", "doubt"])
def test_whoever_dies_before_entering_the_answer_is_succeeded(planned, time, monkeypatch, step):
    def die(*_args):
        raise Killed

    with Hub(trouble=0.5, faults=("half",), seed=2) as hub:
        monkeypatch.setattr(Ledger, step, die)
        with pytest.raises(Killed):
            go(planned, hub, time)
        monkeypatch.undo()
        go(planned, hub, time)
    assert hub.double_paid() == 0
    assert len(hub.paid) == planned.table.num_rows


def test_what_the_hub_refuses_fails_and_is_tried_again_when_asked(planned, hub, time):
    first, second = planned.table["user_id"].to_pylist()[:2]
    hub.refuses = {first: "no account", second: "account closed"}
    sent = go(planned, hub, time)
    assert sent.refused == 2
    assert planned.ledger.tallies()["failed"].count == 2
    assert go(planned, hub, time).requests == 0
    time.sleep(1)
    assert go(planned, hub, time, again=True).refused == 2  # once each, not for ever
    hub.refuses = {}
    time.sleep(1)
    assert go(planned, hub, time, again=True).acknowledged == 2
    assert hub.double_paid() == 0


class Silent:
    timeout = 1.0

    def __init__(self):
        self.requests = 0

    def send(self, _rows):
        self.requests += 1
        raise NoAnswerError("connection refused")


def test_a_hub_that_is_away_ends_the_sender_after_growing_pauses(planned, time, hub):
    silent = Silent()
    with pytest.raises(AllocatorError, match="did not answer 10 requests in a row: nothing is"):
        go(planned, silent, time)
    assert silent.requests == UNANSWERED
    pauses = [round(each, 3) for each in time.waits if each > 0.4]
    assert pauses[:7] == [0.5, 1, 2, 4, 8, 16, 32]
    assert max(pauses) == 60
    assert planned.ledger.tallies()["failed"].count > 0
    time.sleep(60)
    go(planned, hub, time)
    assert len(hub.paid) == planned.table.num_rows


class Dying(Client):
    """A client of a hub that answers some requests and is then gone; its port is closed."""

    def __init__(self, hub, *, answers):
        super().__init__(hub.url, timeout=0.5)
        self.hub, self.left = hub, answers

    def send(self, rows):
        if self.left == 0:
            self.hub.__exit__()
        self.left -= 1
        return super().send(rows)


def test_a_hub_that_dies_ends_the_sender_and_what_never_left_is_planned(planned, time):
    hub = Hub().__enter__()
    address = hub.server_address
    n = planned.table.num_rows
    seen = []
    told = (
        rf"cannot reach {hub.url}: connection refused, 6 requests in a row; 40 vouchers were "
        "acknowledged before and nothing is lost: run `allocator deliver send` again"
    )
    with pytest.raises(AllocatorError, match=told):
        go(planned, Dying(hub, answers=2), time, progress=seen.append)
    tallies = planned.ledger.tallies()
    assert (tallies["acknowledged"].count, tallies["planned"].count) == (40, n - 40)
    assert (seen[-1].unreached, seen[-1].unanswered) == (UNREACHED, 0)
    assert seen[-1].trouble == "connection refused"
    assert [round(each, 3) for each in time.waits if each > 0.4] == [0.5, 1, 2, 4, 8]
    for _ in range(2 * ATTEMPTS):  # a hub that is away uses no attempts up
        with pytest.raises(AllocatorError, match="cannot reach"):
            go(planned, Client(f"http://127.0.0.1:{address[1]}", timeout=0.5), time)
    with Hub() as back:
        assert go(planned, back, time).acknowledged == n - 40
    assert not {voucher for voucher, _ in hub.paid} & {voucher for voucher, _ in back.paid}


def test_a_hub_that_dies_with_requests_in_doubt_keeps_the_doubt(planned, time):
    hub = Hub(trouble=1.0, faults=("drop after",)).__enter__()
    with pytest.raises(AllocatorError, match="cannot reach"):
        go(planned, Dying(hub, answers=2), time)
    rows = planned.ledger.tallies()
    assert (rows["failed"].count, len(hub.paid)) == (40, 40)
    with pytest.raises(AllocatorError, match="cannot be voided"):
        planned.ledger.void([hub.paid[0][0]], 0, "why")


def test_nobody_at_the_address_is_told_before_anything_is_sent(hub, monkeypatch):
    import socket

    Client(hub.url, timeout=0.5).reach()
    assert hub.requests == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    row = {"voucher_id": "v", "user_id": "u", "amount_cents": 405, "currency": "USD"}
    row |= {"issued_at": "", "expires_at": ""}
    for call in (Client.reach, lambda client: client.send([row])):
        with pytest.raises(NotConnectedError, match=r"^connection refused$"):
            call(Client(f"http://127.0.0.1:{port}", timeout=0.5))
        with pytest.raises(NotConnectedError, match=r"^it does not speak TLS"):
            call(Client(hub.url.replace("http", "https"), timeout=0.5))
    for address in ("http://", "http://127.0.0.1:port", "http://" + "x" * 70):
        with pytest.raises(NotConnectedError):
            Client(address, timeout=0.5).reach()

    def unknown(*_args, **_kw):
        raise socket.gaierror(-2, "Name or service not known")

    def late(*_args, **_kw):
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotConnectedError, match=r"^name not known$"):
        Client("https://hub.example", timeout=0.5).reach()
    monkeypatch.setattr(socket, "getaddrinfo", late)
    with pytest.raises(NotConnectedError, match=r"^no answer in time$"):
        Client("https://hub.example", timeout=0.5).reach()


def test_a_connection_by_https_stands_when_the_certificate_is_good(hub, monkeypatch):
    import ssl

    address = hub.url.replace("http", "https")
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", lambda _self, sock, **_kw: sock)
    Client(address, timeout=0.5).reach()

    def wrong(*_args, **_kw):
        error = ssl.SSLCertVerificationError(1, "certificate verify failed")
        error.verify_message = "self-signed certificate"
        raise error

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrong)
    with pytest.raises(NotConnectedError, match="not trusted: self-signed certificate"):
        Client(address, timeout=0.5).reach()


@pytest.mark.parametrize("code", [302, 307, 308])
def test_money_is_not_posted_to_where_somebody_points(planned, hub, time, monkeypatch, code):
    from .hub import _Handler

    def point(self):
        self.send_response(code)
        self.send_header("Location", hub.url + "/elsewhere")
        self.end_headers()

    monkeypatch.setattr(_Handler, "do_POST", point)
    monkeypatch.setattr(
        _Handler, "do_GET", lambda _self: hub.paid.append("followed"), raising=False
    )
    with pytest.raises(HubRefusedError, match=f"HTTP {code}"):
        go(planned, hub, time)
    assert hub.paid == []


def test_a_hub_that_hears_and_says_nothing_is_in_doubt_not_unreached(hub):
    row = {"voucher_id": "v", "user_id": "u", "amount_cents": 405, "currency": "USD"}
    row |= {"issued_at": "", "expires_at": ""}
    hub.next_fault = lambda: "drop before"
    with pytest.raises(NoAnswerError) as told:
        Client(hub.url, timeout=0.5).send([row])
    assert not isinstance(told.value, NotConnectedError)


def test_a_voucher_that_is_never_answered_is_given_up_and_the_others_go(planned, time):
    poison = planned.table["voucher_id"][0].as_py()

    class Poisoned(Client):
        def send(self, rows):
            if any(row["voucher_id"] == poison for row in rows):
                raise NoAnswerError("HTTP 500")
            return super().send(rows)

    with Hub() as hub:
        client = Poisoned(hub.url, timeout=0.5)
        for _ in range(3):
            try:
                go(planned, client, time, size=1)
                break
            except AllocatorError:
                time.sleep(60)
    tallies = planned.ledger.tallies()
    assert (tallies["failed"].count, len(hub.paid)) == (1, planned.table.num_rows - 1)
    assert planned.ledger.next_due(ATTEMPTS) is None


def test_the_rate_is_kept_and_shared(planned, hub, time, monkeypatch):
    from dataclasses import replace

    slow = replace(planned.batches.schedule, rate=3600)
    monkeypatch.setattr(type(planned.batches), "schedule", slow)
    start, n = time.now(), planned.table.num_rows
    go(planned, hub, time, senders=2)
    assert time.now() - start == pytest.approx(2 * n, rel=0.01)


@pytest.mark.parametrize("code", [400, 401, 404, 302])
def test_a_wrong_request_ends_the_sender_and_loses_nothing(planned, hub, time, code):
    hub.next_fault = lambda: f"code {code}"
    with pytest.raises(HubRefusedError, match=f"HTTP {code} .* to a request for 20 vouchers"):
        go(planned, hub, time)
    assert planned.ledger.tallies()["failed"].count == 20
    del hub.next_fault
    time.sleep(60)
    go(planned, hub, time)
    assert len(hub.paid) == planned.table.num_rows


def test_overload_is_no_refusal_and_the_token_is_sent(hub):
    row = {"voucher_id": "v", "user_id": "u", "amount_cents": 405, "currency": "USD"}
    row |= {"issued_at": "", "expires_at": ""}
    client = Client(hub.url + "/", timeout=0.5, token="secret")
    assert client.send([row]).accepted == ["v"]
    assert hub.headers[0]["Authorization"] == "Bearer secret"
    hub.next_fault = lambda: "code 429"
    with pytest.raises(NoAnswerError, match="HTTP 429"):
        client.send([row])
    hub.next_fault = lambda: "late"
    with pytest.raises(NoAnswerError, match="timed out"):
        client.send([row])
    with pytest.raises(AllocatorError, match=r"'file:///x' does not begin with http"):
        Client("file:///x", timeout=1)
