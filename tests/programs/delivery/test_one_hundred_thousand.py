"""The proof: 100,000 vouchers, four sender processes, random kills, a hub at its worst."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

from allocator.programs.delivery.ledger import Ledger
from allocator.programs.delivery.receipts import Receipt
from allocator.programs.delivery.reconcile import reconcile

from .hub import FAULTS, Hub

N, SENDERS, KILLS = 100_000, 4, 12


def test_nothing_is_lost_and_nobody_is_paid_twice(many, url, record_property):
    batches, table = many(N)
    ledger = Ledger(batches, url)
    ledger.load(table)
    environment = os.environ | ({} if url is None else {"ALLOCATOR_LEDGER": url})
    chance = random.Random(11)
    running, killed = [], []

    def kill_somebody(number):
        if number % 12 == 0 and len(killed) < KILLS and running:
            victim = chance.choice(running)
            killed.append(victim.pid)
            victim.send_signal(signal.SIGKILL)  # between whatever two instructions it is at

    started = time.monotonic()
    with Hub(trouble=0.2, seed=3, on_request=kill_somebody) as hub:
        command = [sys.executable, "-m", "allocator", "deliver", "send", str(batches.folder)]
        command += ["--hub", hub.url, "--timeout", "1", "--senders", str(SENDERS)]
        running += [subprocess.Popen(command, env=environment) for _ in range(SENDERS)]
        while running:
            sender = running[0]
            code = sender.wait(timeout=150)
            running.remove(sender)
            assert code in (0, -signal.SIGKILL)
            if code and len(running) < SENDERS:
                running.append(subprocess.Popen(command, env=environment))
    seconds = time.monotonic() - started
    tallies = ledger.tallies()
    found = reconcile(ledger.amounts(), [Receipt(*each) for each in hub.paid])
    ledger.close()
    lost = N - len(hub.keys)
    record_property("seconds", round(seconds, 1))
    assert (lost, hub.double_paid()) == (0, 0)
    assert tallies["acknowledged"].count == N
    assert sum(cents for _, cents in hub.paid) == batches.total_cents
    assert found.ok
    assert len(found.findings["matched"].ids) == N
    assert len(killed) == KILLS
    assert set(hub.met) == {"", *FAULTS}  # every fault was met
    assert max(Counter(hub.arrivals).values()) > 1  # and did make senders send again
