"""What the world does to a run: full disks, interrupts, kills, two at once, odd terminals."""

import io
import json
import os
import pty
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from allocator.allocation import pipeline, solving
from allocator.cli.console import print_json, progress, tell, tell_error
from allocator.data import delimited
from allocator.errors import DataError

ARGS = ["run", "users.parquet", "--policy", "policy.toml", "--out", "out"]
FINISHED = {"awards.parquet", "certificate.json", "manifest.json", "policy.toml", "summary.json"}

# Make the process do something when it is about to sync its nth file, or has written n bytes.
AT_FILE = """
import os
from allocator.data import write
left = [{n}]
def fsync(descriptor, real=os.fsync):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), {signal})
    return real(descriptor)
os.fsync = fsync
"""
AT_BYTE = """
import os
from allocator.data import write
left = [0, 1]
def wrapped(self, data, real=write._Hashing.write):
    if self.size > {n} and left.pop():
        left.append(0)
        os.kill(os.getpid(), {signal})
    return real(self, data)
write._Hashing.write = wrapped
"""
MOMENTS = {
    **{f"file {n}": AT_FILE.replace("{n}", str(n)) for n in (1, 5)},
    **{f"byte {n}": AT_BYTE.replace("{n}", str(n)) for n in (5000,)},
}


def whole_files(directory) -> set[str]:
    """The names in a directory, having checked that what has a final name is whole."""
    found = {path.name for path in directory.iterdir()} if directory.exists() else set()
    found.discard(".allocator-run")  # the mark of a run that was interrupted
    for name in found & FINISHED:
        content = (directory / name).read_bytes()
        if name.endswith(".json"):
            json.loads(content)
        elif name.endswith(".parquet"):
            assert content[-4:] == b"PAR1"
        else:
            assert content.endswith(b"\n")
    return found


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupt_while_writing_leaves_nothing_half_written(process, cli, home, moment):
    done = process(*ARGS, before=MOMENTS[moment].replace("{signal}", str(int(signal.SIGINT))))
    assert done.returncode == 130
    assert done.stdout == b""
    assert done.stderr.endswith(b"Interrupted: what was not finished was not written.\n")
    assert b"Traceback" not in done.stderr
    found = whole_files(home / "out")
    assert "manifest.json" not in found
    assert found <= FINISHED
    assert cli(*ARGS).code == 0
    assert cli("verify", "out").code == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_while_writing_leaves_no_manifest_and_a_run_cleans_up(process, cli, home, moment):
    done = process(*ARGS, before=MOMENTS[moment].replace("{signal}", str(int(signal.SIGKILL))))
    assert done.returncode == -signal.SIGKILL
    found = whole_files(home / "out")
    assert "manifest.json" not in found
    assert any(name.endswith(".tmp") for name in found)
    assert cli("verify", "out").code == 6
    assert cli(*ARGS).code == 0
    assert whole_files(home / "out") == FINISHED
    assert cli("verify", "out").code == 0


# In a process that starts no threads, fork one after the other; each is killed at its nth file
# operation in its directory, the mode and n being in the directory's name.
AT_EVERY_OPERATION = """
import os, shutil, signal, sys
from allocator.allocation import folder, loading, pipeline
from allocator.cli import main
from allocator.cli import run
import pyarrow.csv, pyarrow.parquet
mode, *args = sys.argv[1:]
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "os.scandir"}
def count(event, given):
    if event in EVENTS and out in " ".join(map(str, given)):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
out, n, status = "nowhere", 0, 1
while status:
    n += 1
    left = [1 << 30]
    out = f"{mode}-{n}"
    if mode == "force":
        shutil.copytree("before", out)
    child = os.fork()
    if not child:
        left = [n]
        sys.argv[1:] = [*args, "--out", out]
        main()
    _, status = os.waitpid(child, 0)
    assert status in (0, int(signal.SIGKILL)), status
"""


@pytest.mark.parametrize("mode", ["fresh", "force"])
def test_a_kill_at_any_file_operation_leaves_a_run_or_says_that_it_is_unfinished(cli, home, mode):
    assert cli(*ARGS[:-1], "before", "--format", "csv", "--report").code == 0
    other = ["run", "users.parquet", "--policy", "other.toml"]
    other += ["--force"] if mode == "force" else []
    command = [sys.executable, "-c", AT_EVERY_OPERATION, mode, *other]
    done = subprocess.run(command, cwd=home, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    names = sorted(home.glob(f"{mode}-*"), key=lambda path: int(path.name.split("-")[1]))
    assert len(names) > 15
    seen = []
    for out in names:
        said = cli("verify", out.name)
        if said.code == 0:
            policy = (out / "policy.toml").read_text()
            seen.append("new" if "alpha = 2" in policy else "old")
        else:
            assert said.code == 6
            assert "is not a finished run: it has no manifest.json" in said.err
            seen.append("unfinished")
        assert cli(*other, "--out", out.name).code == 0
        assert whole_files(out) == FINISHED
        assert not (out / ".allocator-run").exists()
        assert cli("verify", out.name).code == 0
    order = ["old", "unfinished", "new"] if mode == "force" else ["unfinished", "new"]
    assert [state for i, state in enumerate(seen) if [state] != seen[i - 1 : i]] == order
    # All that stands between two whole runs is a few names: five to remove, five to give.
    assert mode == "fresh" or seen.count("unfinished") < 12


@pytest.mark.parametrize("stage", ["load", "solve"])
def test_an_interrupt_at_any_stage_exits_with_130(process, home, stage):
    before = f"""
import os, signal
from allocator.allocation.stages import Stages
def wrapped(self, name, real=Stages.stage):
    if name == {stage!r}:
        os.kill(os.getpid(), signal.SIGINT)
    return real(self, name)
Stages.stage = wrapped
"""
    done = process(*ARGS, before=before)
    assert done.returncode == 130
    assert b"Traceback" not in done.stderr
    assert not (home / "out").exists()


LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({n}, {n}))"


FULL = """
import errno
from allocator.data import write
def wrapped(self, data, real=write._Hashing.write):
    if self.size + len(data) > {n}:
        raise OSError(errno.ENOSPC, "No space left on device")
    return real(self, data)
write._Hashing.write = wrapped
"""
TOO_SMALL = {
    LIMITED: "the file-size limit of this process is reached (see `ulimit -f`)",
    FULL: "the disk is full; it needs about ",
}


@pytest.mark.parametrize("room", [0, 9000])
@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize(("limit", "words"), TOO_SMALL.items())
def test_a_full_disk_is_told_and_leaves_nothing_half_written(
    process, cli, home, room, form, limit, words
):
    done = process(*ARGS, "--format", form, before=limit.replace("{n}", str(room)))
    assert done.returncode == 1
    assert done.stdout == b""
    told = done.stderr.decode()
    assert f"out/awards.{form} cannot be written: {words}" in told
    assert "No half-written file is left" in told
    assert "Traceback" not in told
    assert whole_files(home / "out") == set()
    assert cli(*ARGS, "--format", form).code == 0


def test_a_disk_that_fills_up_at_the_end_leaves_the_run_before(process, cli, home):
    cli(*ARGS)
    size = max((home / "out" / name).stat().st_size for name in FINISHED)
    done = process(*ARGS, "--force", "--report", before=LIMITED.format(n=size + 1))
    assert done.returncode == 1
    assert "report.html cannot be written: the file-size limit" in done.stderr.decode()
    assert whole_files(home / "out") == FINISHED
    assert cli("verify", "out").code == 0
    assert cli(*ARGS).code == 0


@pytest.mark.parametrize("out", ["/proc/nowhere", "users.csv/out"])
def test_a_place_that_cannot_be_written_exits_with_1(process, out):
    done = process(*ARGS[:-1], out)
    assert (done.returncode, done.stdout) == (1, b"")
    assert f"Error: cannot write to {out}" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_results_that_nobody_can_take_exit_with_1(process):
    with open("/dev/full", "wb") as full:
        done = process("rules", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 1
    assert done.stderr == b"Error: [Errno 28] No space left on device\n"


def test_a_closed_pipe_is_no_traceback(process):
    read, write = os.pipe()
    os.close(read)
    done = process("policy", "schema", stdout=write, stderr=subprocess.PIPE, capture_output=False)
    os.close(write)
    assert done.returncode == 1
    assert done.stderr == b""


def test_runs_at_once_into_one_directory(cli, home):
    command = [sys.executable, "-m", "allocator", *ARGS]
    other = [*command[:6], "other.toml", *command[7:]]
    runs = [
        subprocess.Popen(each, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for each in (command, other, command)
    ]
    told = [run.communicate(timeout=60)[1] for run in runs]
    codes = [run.returncode for run in runs]
    assert codes in ([0, 2, 0], [2, 0, 2])
    for code, words in zip(codes, told, strict=True):
        assert (b"holds a run of other inputs" in words) == bool(code)
    assert whole_files(home / "out") == FINISHED
    assert cli("verify", "out").code == 0


ASCII = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}


def test_a_terminal_that_knows_only_ascii(process, home):
    header = "user_id,liquidation_loss,net_assets\n"
    (home / "ü.csv").write_text(f"{header}ünï,90,100\nb,80,100\n", encoding="utf-8")
    policy = 'schema_version = 1\nname = "Größe"\n[award]\nbudget = "50.00"\n'
    (home / "ü.toml").write_text(policy, encoding="utf-8")
    done = process("run", "ü.csv", "--policy", "ü.toml", "--out", "o", "--json", env=ASCII)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["policy"] == "Größe"
    done = process("explain", "o", "ünï", env=ASCII)
    assert done.returncode == 0, done.stderr
    assert b"eligible" in done.stdout
    done = process("explain", "o", "nobödy", env=ASCII)
    assert done.returncode == 3
    assert b"there is no user nob" in done.stderr


def test_json_is_ascii_where_nothing_else_can_be_shown(monkeypatch):
    content = {"name": "Größe"}
    for encoding, text in (("ascii", b"Gr\\u00f6\\u00dfe"), ("utf-8", "Größe".encode())):
        shown = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding=encoding))
        print_json(content)
        sys.stdout.flush()
        assert text in shown.getvalue()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_taken_off_before_anything_else_is_told(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    show = progress()
    show("load", 0, 8)
    tell("said")
    show("solve", 4, 8)
    tell_error(DataError("bad"))
    tell_error(BrokenPipeError())
    clear = "\r\x1b[K"
    assert sys.stderr.getvalue() == (
        f"{clear}[0/8] load ...{clear}said\n{clear}[4/8] solve ...{clear}Error: bad\n"
    )
    assert progress(quiet=True) is None


@pytest.mark.parametrize("content", ["", "a,90\nb,90,100\n", "a,90,100\n"])
@pytest.mark.parametrize("standard_input", [False, True])
def test_no_thread_of_arrow_is_left_with_an_object_of_python(
    cli, home, monkeypatch, content, standard_input
):
    """To drop it takes Python's lock, and asking for that while Python ends aborts the process."""
    handed = []

    def read_csv(source, real=delimited.arrow_csv.read_csv, **options):
        handed.append((source, options))
        return real(source, **options)

    monkeypatch.setattr(delimited.arrow_csv, "read_csv", read_csv)
    text = "user_id,liquidation_loss,net_assets\n" + content
    (home / "u.csv").write_text(text)
    cli("check", "-" if standard_input else "u.csv", stdin=text.encode())
    assert handed
    for source, options in handed:
        assert not isinstance(source, pa.PythonFile)
        serial = not options["read_options"].use_threads
        assert serial or options["parse_options"].invalid_row_handler is None


def test_an_interrupt_is_told(cli, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "load", interrupted)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the tests go on
    said = cli(*ARGS)
    assert (said.code, said.out) == (130, "")
    assert said.err == "\nInterrupted: what was not finished was not written.\n"


def test_what_nobody_foresaw_is_not_hidden(cli, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline, "load", broken)
    with pytest.raises(ZeroDivisionError):
        cli(*ARGS)


def test_a_result_that_does_not_verify_exits_with_6(cli, home, monkeypatch):
    def dishonest(problem, line):
        awards = real(problem, line).copy()
        free = np.flatnonzero((awards > problem.lower) & (awards < problem.upper))
        awards[free[:2]] += [1, -1]
        return awards

    real = solving.award
    monkeypatch.setattr(solving, "award", dishonest)
    said = cli(*ARGS)
    assert (said.code, said.out) == (6, "")
    assert "does not pass its own verification, which is a fault of this program" in said.err
    assert not (home / "out").exists()


def test_progress_is_shown_on_a_terminal_only(home):
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "allocator", *ARGS]
    with subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=follower) as run:
        os.close(follower)
        shown = b""
        while True:
            try:
                chunk = os.read(leader, 4096)
            except OSError:  # the end, on Linux
                break
            if not chunk:
                break
            shown += chunk
        out = run.stdout.read()
    os.close(leader)
    assert run.returncode == 0
    for number, stage in enumerate(("load", "check", "eligibility", "weights", "solve")):
        assert f"[{number}/8] {stage} ...".encode() in shown
    assert b"\x1b" not in out
    quiet = subprocess.run(command, cwd=home, capture_output=True, check=True)
    assert b"\x1b" not in quiet.stderr


def test_an_error_on_a_terminal_stands_on_a_line_of_its_own(home):
    (home / "p.toml").write_text('schema_version = 1\nname = "x"\n[award]\nbudget = "0.01"\n')
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "allocator", "run", "users.parquet", "--policy", "p.toml"]
    run = subprocess.run(command, cwd=home, stdout=follower, stderr=follower, check=False)
    os.close(follower)
    shown = os.read(leader, 65536).decode()
    os.close(leader)
    assert run.returncode == 5
    before, _, _ = shown.partition("Error: ")
    assert before.endswith(("\x1b[K", "\n"))


def test_a_name_that_is_not_utf8_is_no_traceback(process, home):
    odd = os.fsencode(home) + b"/\xff.csv"
    with open(odd, "wb") as file:
        file.write((home / "users.csv").read_bytes())
    done = process("run", os.fsdecode(odd), "--policy", "policy.toml", "--out", "out")
    assert b"Traceback" not in done.stderr
    assert done.returncode == 3
    assert b"is not UTF-8 text; rename the file" in done.stderr
