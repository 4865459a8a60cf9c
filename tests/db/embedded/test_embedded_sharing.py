"""Several processes and one embedded server: who starts it, who stops it, and what a kill leaves."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.db.embedded import EmbeddedServer
from tests.db.embedded.world import REPOSITORY, ask, cluster_of, postmaster, running

USER = """
import sys
from pathlib import Path
from app.db.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1])) as server:
    print("in", flush=True)
    sys.stdin.readline()
print("out", flush=True)
"""


@contextmanager
def another_process(data: Path) -> Iterator[subprocess.Popen[str]]:
    """A second user of the server; it leaves when its stdin says a line, or dies with the block."""
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def bystander_of(owner: os.stat_result) -> Iterator[subprocess.Popen[bytes]]:
    """A living process of the server's user that has nothing to do with it."""
    account = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "600"], cwd="/", **account) as process:
        try:
            yield process
        finally:
            process.kill()


def leaves(process: subprocess.Popen[str]) -> None:
    assert process.communicate("leave\n", timeout=30)[0] == "out\n"


def test_the_last_user_stops_the_server_not_the_first(filled: Path) -> None:
    with another_process(filled) as first:
        server = EmbeddedServer(filled, fast=True)
        server.start()
        pid = postmaster(filled)
        leaves(first)
        assert running(pid)
        assert ask(server, "SELECT 1") == 1
        server.release()
        assert not running(pid)
        server.release()  # a second time does nothing


def test_a_user_that_attached_leaves_the_server_to_the_others(filled: Path) -> None:
    with EmbeddedServer(filled, fast=True) as server:
        pid = postmaster(filled)
        with another_process(filled) as second:
            leaves(second)
        assert running(pid)
        assert ask(server, "SELECT 1") == 1
    assert not running(pid)


def test_two_that_start_at_once_share_one_server(data: Path) -> None:
    commands = [[sys.executable, "-c", USER, str(data)] for _ in range(3)]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
        for command in commands
    ]
    assert [racer.communicate("leave\n", timeout=60)[0] for racer in racers] == ["in\nout\n"] * 3
    cluster = cluster_of(data)
    assert cluster is not None
    assert not (cluster / "postmaster.pid").exists()


def test_after_a_killed_owner_the_next_adopts_its_server_and_stops_it(filled: Path) -> None:
    with another_process(filled) as owner:
        pid = postmaster(filled)
        owner.kill()
        owner.wait()
    assert running(pid)
    with EmbeddedServer(filled, fast=True) as server:
        assert postmaster(filled) == pid
        assert ask(server, "SELECT 1") == 1
    assert not running(pid)


def test_after_owner_and_server_were_killed_the_data_are_there(filled: Path) -> None:
    with another_process(filled) as owner:
        with EmbeddedServer(filled) as server:
            ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
        owner.kill()
        os.kill(postmaster(filled), signal.SIGKILL)
        owner.wait()
    with EmbeddedServer(filled) as server:
        assert ask(server, "SELECT n FROM kept") == 7


def test_a_server_that_died_under_its_user_is_started_again(filled: Path) -> None:
    with EmbeddedServer(filled) as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(postmaster(filled), signal.SIGKILL)
        server.start()
        assert ask(server, "SELECT n FROM kept") == 7


@pytest.mark.parametrize(
    "content", ["{pid}\n{pgdata}\n1700000000\n5432\n/tmp\n\n 1 2\nready   \n", "", "rubbish"]
)
def test_a_stale_pid_file_deceives_nobody(filled: Path, content: str) -> None:
    """A number that now belongs to another living process, of the server's own user; a torn file."""
    with EmbeddedServer(filled, fast=True) as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
        cluster = cluster_of(filled)
        assert cluster is not None
        owner = cluster.stat()
    with bystander_of(owner) as bystander:
        pid_file = cluster / "postmaster.pid"
        pid_file.write_text(content.format(pid=bystander.pid, pgdata=cluster))
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        with EmbeddedServer(filled, fast=True) as server:
            assert ask(server, "SELECT n FROM kept") == 7
            assert postmaster(filled) != bystander.pid
        assert bystander.poll() is None


def test_stopping_signals_the_server_and_not_who_its_pid_file_names(filled: Path) -> None:
    server = EmbeddedServer(filled, fast=True)
    server.start()
    pid, cluster = postmaster(filled), cluster_of(filled)
    assert cluster is not None
    with bystander_of(cluster.stat()) as bystander:
        pid_file = cluster / "postmaster.pid"
        pid_file.write_text(pid_file.read_text().replace(str(pid), str(bystander.pid), 1))
        server.release()
        assert not running(pid)
        assert bystander.poll() is None


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(filled: Path) -> None:
    with EmbeddedServer(filled, fast=True):
        pid = postmaster(filled)
        assert os.getsid(pid) != os.getsid(0)
        assert os.getpgid(pid) != os.getpgid(0)


def test_the_server_inherits_none_of_our_files(filled: Path) -> None:
    with EmbeddedServer(filled, fast=True):
        pid = postmaster(filled)
        held = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        assert not [name for name in held if name.endswith(".lock")], held


def test_a_forked_child_does_not_stop_its_parents_server(filled: Path) -> None:
    program = USER.replace(
        'print("in", flush=True)',
        "import os\n    if (child := os.fork()) == 0: server.release(); os._exit(0)\n"
        '    os.waitpid(child, 0); print("in", flush=True)',
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(filled)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        assert running(postmaster(filled))
        leaves(process)


def test_a_socket_folder_that_somebody_else_made_is_not_used(filled: Path, tmp_path: Path) -> None:
    with EmbeddedServer(filled, fast=True):
        cluster = cluster_of(filled)
        assert cluster is not None
        socket = Path((cluster / "postmaster.pid").read_text().splitlines()[4])
    assert not socket.exists(), "nothing is left lying about"
    socket.symlink_to(tmp_path)
    try:
        with EmbeddedServer(filled, fast=True) as server:
            assert ask(server, "SELECT 1") == 1
            used = Path((cluster / "postmaster.pid").read_text().splitlines()[4])
            assert used != socket
            assert not used.is_symlink()
    finally:
        socket.unlink()
    assert not list(tmp_path.iterdir())
