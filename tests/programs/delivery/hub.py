"""A rewards hub for tests: pays each key once, and is otherwise as bad as the network allows."""

import json
import random
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = (
    "drop before",
    "drop after",
    "late",
    "500 before",
    "500 after",
    "twice",
    "half",
    "nonsense",
)


class Hub(ThreadingHTTPServer):
    """Every request meets a fault with probability `trouble`.

    `paid` are the payments that were really made, one entry each; a hub that does not
    `deduplicate` makes one for every arrival. `arrivals` counts how often a voucher came.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, trouble=0.0, faults=FAULTS, deduplicate=True, seed=0, on_request=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.trouble, self.faults, self.deduplicate = trouble, faults, deduplicate
        self.on_request = on_request or (lambda _number: None)
        self.refuses = {}  # user -> reason
        self.paid = []  # (voucher id, cents)
        self.keys = {}  # idempotency key -> cents
        self.arrivals, self.met = Counter(), Counter()
        self.requests = 0
        self.headers = []
        self.closing = threading.Event()
        self._random, self._lock = random.Random(seed), threading.Lock()

    def __enter__(self):
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request, client_address):  # a sender that was killed hangs up
        pass

    def double_paid(self):
        return sum(count - 1 for count in Counter(voucher for voucher, _ in self.paid).values())

    def next_fault(self):
        with self._lock:
            self.requests += 1
            fault = ""
            if self._random.random() < self.trouble:
                fault = self._random.choice(self.faults)
            self.met[fault] += 1
            number = self.requests
        self.on_request(number)
        return fault

    def pay(self, vouchers):
        with self._lock:
            return [self._pay(each) for each in vouchers]

    def _pay(self, voucher):
        key, cents = voucher["idempotency_key"], voucher["amount_cents"]
        self.arrivals[key] += 1
        result = {"voucher_id": voucher["voucher_id"], "status": "accepted"}
        if reason := self.refuses.get(voucher["user_id"]):
            return {**result, "status": "refused", "reason": reason}
        if key in self.keys and self.keys[key] != cents:
            return {**result, "status": "refused", "reason": "the key was paid another amount"}
        if key not in self.keys or not self.deduplicate:
            self.keys[key] = cents
            self.paid.append((voucher["voucher_id"], cents))
        return result


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        hub = self.server
        hub.headers.append(dict(self.headers))
        vouchers = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["vouchers"]
        fault = hub.next_fault()
        if fault == "drop before":
            return
        if fault == "500 before" or fault.startswith("code "):
            self._answer(int(fault[5:]) if fault.startswith("code ") else 500, {})
            return
        results = hub.pay(vouchers)
        if fault == "twice":  # the network delivers the request again
            hub.pay(vouchers)
        if fault == "drop after":
            return
        if fault == "late":  # longer than any sender waits
            hub.closing.wait(5)
            return
        if fault == "500 after":
            self._answer(500, {})
        elif fault == "nonsense":
            self._answer(200, {"results": "thank you"})
        else:
            self._answer(200, {"results": results[::2] if fault == "half" else results[::-1]})

    def _answer(self, code, content):
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
