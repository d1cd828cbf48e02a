"""A PostgreSQL server in a temporary directory, reached through a socket; started by its owner."""

import glob
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

VARIABLE = "ALLOCATOR_TEST_POSTGRES"  # the URL of a server that is there already


def _program(name):
    found = shutil.which(name) or next(iter(glob.glob(f"/usr/lib/postgresql/*/bin/{name}")), None)
    assert found, f"there is no {name}: install Debian's package postgresql (make postgres does)"
    return os.path.realpath(found)


def _run(*command):
    if os.geteuid() == 0:  # the server refuses to be started by root
        command = ("runuser", "-u", "postgres", "--", *command)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def server():
    """Yield the URL of a server, for SQLAlchemy."""
    if VARIABLE in os.environ:
        yield os.environ[VARIABLE]
        return
    initdb = _program("initdb")
    pg_ctl = os.path.join(os.path.dirname(initdb), "pg_ctl")
    folder = tempfile.mkdtemp(prefix="pg", dir="/tmp")  # short: a socket's path has a limit
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = f"{folder}/data"
        _run(initdb, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c shared_buffers=64MB"
        _run(pg_ctl, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            _run(pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
