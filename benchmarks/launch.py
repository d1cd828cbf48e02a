"""Run one command, and print how long it took and how much memory it held, as JSON.

Standard library only, and little of it: a process that is started by a large one is charged, in
its resource usage, with the memory of the one that started it.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

limit, command = float(sys.argv[1]), sys.argv[2:]
with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=out, stderr=err, start_new_session=True)
    expired = threading.Event()

    def stop() -> None:
        expired.set()
        os.killpg(child.pid, signal.SIGKILL)

    alarm = threading.Timer(limit, stop)
    if limit:
        alarm.start()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    alarm.cancel()
    out.seek(0)
    err.seek(0)
    json.dump(
        {
            "seconds": seconds,
            "peak": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "code": None if expired.is_set() else os.waitstatus_to_exitcode(status),
            "out": out.read().decode(errors="replace"),
            "err": err.read().decode(errors="replace"),
        },
        sys.stdout,
    )
