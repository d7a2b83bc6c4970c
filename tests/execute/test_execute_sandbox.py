"""What a snippet can't do in the sandbox, tried from inside one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_execute_hostile import MARK, descendants, marked
from test_execute_outputs import program

from deckgen import execute
from deckgen.deck import Printed
from deckgen.errors import DeckgenError, Problems
from deckgen.execute.worker import syscalls

__all__ = ["marked"]  # a fixture, used by all

pytestmark = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")


def told(code: str, timeout: float = 20) -> str:
    """What `code` prints inside the sandbox."""
    settings = execute.Settings(sandbox="required", timeout=timeout)
    problems = Problems()
    outputs, report = execute.run([program("inside", code)], settings, problems)
    assert [str(problem) for problem in problems] == []
    assert report.sandbox == "bubblewrap, a cell for each note"
    assert outputs[0] is not None
    return "".join(output.text for output in outputs[0].steps[-1] if isinstance(output, Printed)).strip()


TRIED = "def tried(act):\n    try: return act()\n    except BaseException as e: return type(e).__name__\n"


def test_the_network_is_out_of_reach_even_that_of_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""import socket
{TRIED}
print(tried(lambda: socket.create_connection(("127.0.0.1", {port}), 2)))
print(tried(lambda: socket.create_connection(("192.0.2.1", 80), 2)))
print(tried(lambda: socket.getaddrinfo("example.org", 80)))
"""
        assert told(code).split() == ["ConnectionRefusedError", "OSError", "gaierror"]


def test_each_note_has_a_loopback_of_its_own() -> None:
    code = """import socket
server = socket.create_server(("localhost", 29500))
client = socket.create_connection(("127.0.0.1", 29500), 2)
print(server.accept()[0].send(b"x"), client.recv(1))
"""
    settings = execute.Settings(sandbox="required", jobs=2)
    problems = Problems()
    programs = [program(f"n{number}", f"{code}import time; time.sleep(0.3)  # {number}") for number in range(2)]
    outputs, _ = execute.run(programs, settings, problems)
    assert list(problems) == []
    assert [output.steps[0][0] for output in outputs if output] == [Printed("stdout", "1 b'x'\n")] * 2


def test_nothing_is_writable_but_the_notes_own_folders() -> None:
    code = f"""import os, sys
{TRIED}
open("mine", "w").close()
open("/dev/shm/mine", "w").close()
writable = []
def openable(path):
    try: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError: return False
    return True
for folder, folders, files in os.walk("/"):
    if folder == "/proc": folders[:] = [name for name in folders if not name.isdigit() and "self" not in name]
    if folder.startswith("/usr") and folder.count("/") > 3: folders.clear()
    if not isinstance(tried(lambda: (open(folder + "/x", "w").close(), os.remove(folder + "/x"))), str):
        writable.append(folder)
    writable += [file for name in files if not os.path.islink(file := os.path.join(folder, name)) and openable(file)]
print(*sorted(writable))
for path in (sys.prefix, os.path.dirname(torch.__file__), "/usr/lib"):
    print(tried(lambda: open(path + "/x", "w")))
"""
    writable, *refused = told("import torch\n" + code).splitlines()
    devices = {f"/dev/{name}" for name in ("full", "null", "ptmx", "pts/ptmx", "random", "tty", "urandom", "zero")}
    own = {"/dev/shm", "/dev/shm/mine", "/tmp", "/tmp/note", "/tmp/note/mine"}
    # What is installed below /tmp is shown there, and the folders that lead to it are the note's own.
    shown = (Path(sys.prefix), Path(execute.__file__).parents[1])
    own |= {str(folder) for path in shown for folder in path.parents if folder.is_relative_to("/tmp")}
    assert set(writable.split()) - devices == own
    assert refused == ["OSError"] * 3


def test_the_notes_folder_is_bounded() -> None:
    code = f"""
{TRIED}
def fill():
    for number in range(100):
        with open(f"f{{number}}", "wb") as file: file.write(bytes(50 << 20))
print(tried(fill))
"""
    assert told(code) == "OSError"


def test_no_secret_is_in_sight(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("A_SECRET", "hunter2")
    secret = Path.home() / ".deckgen-test-secret"
    secret.write_text("hunter2")
    (tmp_path / "secret").write_text("hunter2")
    repository = Path(__file__).parents[2]
    hidden = [secret, tmp_path / "secret", repository / "cards", repository / ".git", "/etc/shadow", "/run", "/var"]
    code = f"""import os
{TRIED}
print(os.environ.get("A_SECRET"), tried(lambda: open("/proc/1/environ").read()))
print(*(os.path.exists(path) for path in {list(map(str, hidden))!r}))
"""
    try:
        seen = told(code).split()
    finally:
        secret.unlink()
    assert seen == ["None", "PermissionError", *["False"] * len(hidden)]


def test_no_other_process_is_in_sight_and_killing_all_harms_nobody() -> None:
    code = """import os, signal
print(sorted(int(name) for name in os.listdir("/proc") if name.isdigit()), os.getpid())
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for pid in (-1, 1):
    try: os.kill(pid, signal.SIGKILL if pid == 1 else signal.SIGTERM)
    except OSError: pass
print("alive")
"""
    assert told(code).splitlines() == ["[1, 2] 2", "alive"]


def test_the_note_has_no_capability_and_can_get_none() -> None:
    code = f"""import ctypes, os
{TRIED}
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(*(int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")), status["NoNewPrivs"].strip())
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, 0), libc.ptrace(16, 1, 0, 0))
print(tried(lambda: open("/proc/1/mem", "rb")), tried(lambda: os.readlink("/proc/1/exe")))
"""
    lines = told(code).splitlines()
    assert lines == ["0 0 0 0 1", "-1 -1 -1", "PermissionError PermissionError"]


SYSTEM_CALLS = """import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    ctypes.set_errno(0)
    return libc.syscall(*arguments), errno.errorcode.get(ctypes.get_errno())
def family(number):
    try: return socket.socket(number, socket.SOCK_RAW if number == 16 else socket.SOCK_STREAM).close()
    except OSError as error: return errno.errorcode[error.errno]
for line in open("/proc/self/status"):
    if line.startswith("Seccomp:"): print(line.split()[1])
"""


@pytest.mark.skipif(os.uname().machine not in ("x86_64", "aarch64"), reason="there is no filter for this machine")
def test_system_calls_that_no_card_needs_are_refused() -> None:
    column = ["x86_64", "aarch64"].index(os.uname().machine)
    refused = {name: numbers[column] for name, numbers in syscalls._REFUSED.items() if numbers[column] is not None}
    code = f"""{SYSTEM_CALLS}
print([name for name, number in {refused!r}.items() if call(number, -1, 0, 0, 0, 0) != (-1, "EPERM")])
print([name for name, number in {syscalls._MISSING!r}.items() if call(number, 0, 0, 0, 0, 0) != (-1, "ENOSYS")])
print(call({syscalls._CLONE[column]}, 0x10000000 | 17, 0, 0, 0, 0))
print(call({syscalls._IOCTL[column]}, 0, 0x5412, 0))
print([family(number) for number in (1, 2, 10, 16)], {{family(number) for number in (17, 29, 31, 38, 40, 44)}})
"""
    assert told(code).splitlines() == [
        "2",
        "[]",
        "[]",
        "(-1, 'EPERM')",
        "(-1, 'EPERM')",
        "[None, None, None, None] {'EAFNOSUPPORT'}",
    ]


@pytest.mark.torch
def test_distributed_training_works_behind_the_filter() -> None:
    code = """import os, torch, torch.distributed as dist
os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29500")
rank = 0 if (other := os.fork()) else 1
dist.init_process_group("gloo", rank=rank, world_size=2)
x = torch.tensor([rank + 1.0])
dist.all_reduce(x)
dist.destroy_process_group()
if rank: os._exit(0 if x.item() == 3 else 1)
print(x.item(), os.waitpid(other, 0)[1])
"""
    assert told(code) == "3.0 0"


def test_where_no_cell_can_be_made_a_note_has_no_capability_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text(f'#!/bin/sh\nexec {shutil.which("bwrap")} --disable-userns "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    code = """import ctypes
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(*(int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")), status["Seccomp"].strip())
print(ctypes.CDLL(None).mount(None, b"/", None, 1 << 5, None))
"""
    outputs, report = execute.run([program("n", code)], execute.Settings(sandbox="auto"), Problems())
    assert report.sandbox == "bubblewrap, one for all notes"
    assert outputs[0] is not None
    assert outputs[0].steps[0] == (Printed("stdout", "0 0 0 2\n-1\n"),)


def test_a_full_disk_is_the_problem_of_the_note_that_filled_it() -> None:
    code = "for number in range(100):\n    with open(f'f{number}', 'wb') as file: file.write(bytes(50 << 20))"
    problems = Problems()
    notes = [program("disk", code), program("good", "with open('f', 'wb') as file: print(file.write(bytes(50 << 20)))")]
    outputs, _ = execute.run(notes, execute.Settings(sandbox="required", jobs=2), problems)
    assert "No space left on device" in str(*problems)
    assert outputs[1] is not None
    assert outputs[1].steps == ((Printed("stdout", f"{50 << 20}\n"),),)


def test_a_fork_bomb_dies_with_its_note() -> None:
    settings = execute.Settings(sandbox="required", timeout=3, jobs=1)
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    threads = (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )
    problems = Problems()
    programs = [
        program("bomb", bomb, path="bomb.md"),
        program("threads", threads, path="threads.md"),
        program("good", "print(2)"),
    ]
    outputs, _ = execute.run(programs, settings, problems)
    assert {problem.location.path for problem in problems} == {"bomb.md", "threads.md"}
    assert outputs[2] is not None
    assert outputs[2].steps == ((Printed("stdout", "2\n"),),)
    assert descendants() == []


AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "/usr/bin/python3", "-c"]
# The count shows that one limit holds, what is asked for that there is another one on kernels without the first.
MANY = """import os, resource, time
count = 0
try:
    while count < 1000:
        if not os.fork(): time.sleep(60)
        count += 1
except OSError: print(200 < count <= 256, resource.getrlimit(resource.RLIMIT_NPROC))
"""
PROGRAM = f"""
MANY = {MANY!r}
from deckgen import execute
from deckgen.deck import Location, Program, Snippet
from deckgen.errors import Problems
here, problems = Location("a.md", 1), Problems()
note = Program("n", here, (Snippet("import os\\nprint(os.getpid(), os.getcwd())", here),))
many = Program("m", here, (Snippet(MANY, here),))
outputs, report = execute.run([note, note, many], execute.Settings(sandbox="required"), problems)
print(report.sandbox, *problems, *(outputs[n] and outputs[n].steps[0][0].text.strip() for n in (0, 2)))
"""


def test_an_ordinary_user_has_the_same_sandbox() -> None:
    asked = "import sys, os; sys.exit(sys.version_info < (3, 11) or os.getuid() != 65534)"
    if os.getuid() != 0:
        pytest.skip("all other tests are run as an ordinary user already")
    if not shutil.which("setpriv") or subprocess.run([*AS_NOBODY, asked], check=False, capture_output=True).returncode:
        pytest.skip("this machine has no Python 3.11 for all users")
    with tempfile.TemporaryDirectory() as folder:  # one that nobody may enter, which pytest's is not
        os.chmod(folder, 0o755)
        shutil.copytree(Path(__file__).parents[2] / "deckgen", Path(folder) / "deckgen")
        done = subprocess.run([*AS_NOBODY, PROGRAM], cwd=folder, check=False, capture_output=True, text=True)
    told = "bubblewrap, a cell for each note 2 /tmp/note True (256, 256)"
    assert done.stdout.strip() == told, done.stdout + done.stderr


def test_required_refuses_where_bubblewrap_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DeckgenError, match="bubblewrap"):
        execute.run([program("n", "1")], execute.Settings(sandbox="required"), Problems())


def test_where_bubblewrap_cannot_start_auto_says_so_and_required_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: no permission to create a new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    outputs, report = execute.run([program("n", "1")], execute.Settings(sandbox="auto"), Problems())
    assert outputs[0] is not None
    assert report.sandbox == "off"
    assert "no permission" in "".join(report.remarks)
    with pytest.raises(DeckgenError, match="no permission"):
        execute.run([program("n", "1")], execute.Settings(sandbox="required"), Problems())


BUILD = """
import sys
sys.path.insert(0, "tests/execute")
from test_execute_outputs import program
from deckgen import execute
from deckgen.errors import Problems
from deckgen.execute import client
client.ENVIRONMENT.update([sys.argv[2].split("=")])
execute.run([program("n", "import time; time.sleep(60)")], execute.Settings(sandbox=sys.argv[1]), Problems())
"""

MARKED_BUILD = """
import sys
from deckgen.execute import client
client.ENVIRONMENT.update([sys.argv.pop(1).split("=")])
print("begun", file=sys.stderr, flush=True)
from deckgen.__main__ import main
main()
"""


@contextmanager
def building(sandbox: str) -> Iterator[subprocess.Popen[str]]:
    """A build of its own, whose only snippet has begun and sleeps."""
    build = subprocess.Popen(
        [sys.executable, "-c", BUILD, sandbox, MARK], cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: len(descendants()) >= (2 if sandbox == "off" else 5))
        yield build
    finally:
        build.kill()
        build.communicate()


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(300):
        if true():
            return
        time.sleep(0.1)
    pytest.fail("it never came to be")


@pytest.mark.parametrize("sandbox", ["off", "required"])
def test_ctrl_c_ends_a_build_at_once_and_leaves_no_process_behind(sandbox: str) -> None:
    with building(sandbox) as build:
        build.send_signal(signal.SIGINT)
        _, told = build.communicate(timeout=20)
        assert "KeyboardInterrupt" in told
        wait_until(lambda: descendants() == [])


@pytest.mark.parametrize("sandbox", ["off", "required"])
def test_ctrl_c_at_any_moment_leaves_no_process_and_no_half_a_deck(sandbox: str, tmp_path: Path) -> None:
    code = "import time\ntime.sleep(0.1)"
    cards = "".join(f"## N {n} {{#n{n}}}\n\n```python\n{code}\n```\n\n---\n\nx\n\n" for n in range(60))
    (tmp_path / "deck.toml").write_text('id = "try"\ntitle = "Try"\n')
    chance = random.Random(11)
    told: set[tuple[object, ...]] = set()
    for number in range(12):
        (tmp_path / "a.md").write_text(f"# S {number}\n\n{cards}")  # lest a build that was done makes the next one idle
        build = subprocess.Popen(
            [sys.executable, "-c", MARKED_BUILD, MARK, "build", "--no-cache", "--jobs", "2", "--sandbox", sandbox],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert build.stderr
        assert build.stderr.readline() == "begun\n"
        time.sleep(chance.uniform(0, 1.2))
        build.send_signal(signal.SIGINT)
        words = build.communicate(timeout=20)[1].splitlines()
        if build.returncode not in (0, -signal.SIGINT):  # else it was done, and perhaps about to leave
            told.add((build.returncode, *(line for line in words if not line.startswith("running"))))
        assert "Traceback" not in str(words)
        wait_until(lambda: descendants() == [])
    assert told == {(130, "Interrupted; the last deck is untouched.")}
    assert set(os.listdir(tmp_path)) <= {"deck.toml", "a.md", "deck.lock", "build", ".deckgen"}
    assert all(name == "try.apkg" for _, _, names in os.walk(tmp_path / "build") for name in names)


@pytest.mark.parametrize("sandbox", ["off", "required"])
def test_a_killed_build_leaves_no_process_behind(sandbox: str) -> None:
    with building(sandbox) as build:
        build.kill()
        build.wait()
        wait_until(lambda: descendants() == [])
