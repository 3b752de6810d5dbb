"""The first code in a function's process: a zygote that forks workers, or one worker started directly.

Run as a plain script by the interpreter of the function's runtime (Python 3.9 or later), isolated from the
host's configuration. It must not import `sandbox`, nor anything that reads the environment before the fork:
awslambdaric's runtime client takes its endpoint when it is imported, so only the worker imports it.

    child.py zygote FD    serves fork requests over the socket FD until the other end closes it
    child.py worker FD    becomes one worker; its order comes on stdin, FD closes when the sandbox dies
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_RDONLY = 1
MS_REMOUNT = 32
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_NOSUID = 2
MS_NODEV = 4
LOG_FD = 3
MESSAGE_LIMIT = 1 << 20
OPEN_FILES = 1024
ISOLATION_FAILED = 70
#: How far functions stand back behind the sandbox.
NICE = 5
#: Variable with the seconds that the clock of a worker is wrong.
SKEW = "_SANDBOX_CLOCK_SKEW"

LINUX = sys.platform == "linux"
LIBC: Any = ctypes.CDLL(None, use_errno=True) if LINUX else None


def _check(result: int, doing: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{doing}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123 - pathlib is not worth its import time here
        file.write(text)


# --- isolation -------------------------------------------------------------------------------------------
def enter_mount_namespace() -> None:
    """Gives this process mounts of its own: as root, or in a user namespace where the kernel grants one.

    Raises:
        OSError: neither is permitted here.
    """
    if os.geteuid() == 0:
        _check(LIBC.unshare(CLONE_NEWNS), "unshare")
    else:
        user, group = os.geteuid(), os.getegid()
        _check(LIBC.unshare(CLONE_NEWNS | CLONE_NEWUSER), "unshare")
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    _check(LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "mount")


def mount_private_tmp(size_mb: int, keep: list[str]) -> None:
    """Mounts an empty, size-limited file system on /tmp; folders in `keep` stay visible below it.

    Raises:
        OSError: the kernel refuses.
    """
    kept = [(path, os.open(path, os.O_RDONLY)) for path in keep if os.path.isdir(path)]  # noqa: PTH112
    options = f"size={size_mb}m,mode=1777".encode()
    _check(LIBC.mount(b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, options), "mount tmpfs")
    for path, descriptor in kept:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
        source = f"/proc/self/fd/{descriptor}".encode()
        _check(LIBC.mount(source, path.encode(), None, MS_BIND | MS_REC, None), f"bind {path}")
        os.close(descriptor)


def mount_opt(folder: str, keep: list[str]) -> None:
    """Shows what is in `folder` under /opt, read-only; folders of the machine in `keep` stay visible there.

    Raises:
        OSError: the kernel refuses.
    """
    kept = [(path, os.open(path, os.O_RDONLY)) for path in keep if os.path.isdir(path)]  # noqa: PTH112
    names = [(name, os.path.isdir(os.path.join(folder, name))) for name in os.listdir(folder)]  # noqa: PTH112, PTH118, PTH208
    source = os.open(folder, os.O_RDONLY)
    _check(LIBC.mount(b"tmpfs", b"/opt", b"tmpfs", MS_NOSUID | MS_NODEV, b"size=1m,mode=755"), "mount /opt")
    for name, is_folder in names:
        target = f"/opt/{name}"
        os.mkdir(target) if is_folder else _write(target, "")  # noqa: PTH102
        _bind(f"/proc/self/fd/{source}/{name}", target)
    for path, descriptor in kept:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
        _bind(f"/proc/self/fd/{descriptor}", path)
        os.close(descriptor)
    os.close(source)


def _bind(source: str, target: str) -> None:
    _check(LIBC.mount(source.encode(), target.encode(), None, MS_BIND | MS_REC, None), f"bind {target}")
    # Layers are read-only on AWS; where the kernel does not grant it in a user namespace, they are not.
    LIBC.mount(None, target.encode(), None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, None)


def can_mount_private_tmp() -> str:
    """Tries it in a child; returns why it cannot be done, or an empty string."""
    if not LINUX:
        return f"{sys.platform} has no mount namespaces"
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            enter_mount_namespace()
            mount_private_tmp(1, [])
        except BaseException as error:
            os.write(writer, str(error).encode() or b"refused")
        os._exit(0)
    os.close(writer)
    reason = os.read(reader, 1000).decode(errors="replace")
    os.close(reader)
    os.waitpid(pid, 0)
    return reason


def isolate(order: dict[str, Any], log_fd: int) -> None:
    """Cuts this process off from its parent: session, descriptors, signals, variables, /tmp, limits."""
    # A group to be killed by, in the zygote's session: Linux shares processors out by session first
    # (sched_autogroup), so functions with sessions of their own would leave the sandbox a share among many.
    if os.getpid() != os.getpgid(0):
        os.setpgid(0, 0)
    if LINUX:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGPIPE else signal.SIG_DFL)
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    for descriptor in (1, 2, LOG_FD):
        if descriptor != log_fd:
            os.dup2(log_fd, descriptor, inheritable=descriptor != LOG_FD)
    lifeline = order.get("lifeline", -1)
    os.closerange(LOG_FD + 1, max(lifeline, LOG_FD + 1))
    os.closerange(max(lifeline, LOG_FD) + 1, 65536)
    os.umask(0o022)
    os.environ.clear()
    os.environ.update(order["environ"])
    time.tzset()
    if order["private_tmp"]:
        enter_mount_namespace()
        if order["opt"]:  # before /tmp, which may hold the layers
            mount_opt(order["opt"], order["keep_opt"])
        mount_private_tmp(order["tmp_mb"], order["keep"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if LINUX and order["data_bytes"]:
        resource.setrlimit(resource.RLIMIT_DATA, (order["data_bytes"], order["data_bytes"]))
    os.chdir(order["cwd"])


# --- the worker ------------------------------------------------------------------------------------------
def work(order: dict[str, Any], log_fd: int) -> None:
    """Becomes the runtime of one execution environment; returns only when the runtime does."""
    skew = order["environ"].pop(SKEW, "")
    set_clock_wrong = _sibling("skew")["install"] if skew else None
    try:
        isolate(order, log_fd)
    except BaseException as error:
        os.write(log_fd, f"sandbox: the execution environment could not be prepared: {error}\n".encode())
        os._exit(ISOLATION_FAILED)
    if order["argv"]:
        _execute(order["argv"])
    if order.get("lifeline", -1) >= 0:
        end_with(order["lifeline"])
    gc.enable()
    sys.dont_write_bytecode = True  # the task root is read-only on AWS, and is the user's own folder here
    sys.path[:] = order["sys_path"] + STDLIB
    sys.argv[:] = ["bootstrap", order["handler"]]
    importlib.invalidate_caches()
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
    site = importlib.import_module("site")
    site.setquit()
    site.setcopyright()
    runtime = importlib.import_module("awslambdaric.__main__")
    if set_clock_wrong is not None:
        set_clock_wrong(float(skew))
    runtime.main(["bootstrap", order["handler"]])


def _sibling(name: str) -> dict[str, Any]:
    """What a file beside this one defines; read before isolation may hide it."""
    path = os.path.join(os.path.dirname(__file__), f"{name}.py")  # noqa: PTH118, PTH120
    with open(path) as file:  # noqa: PTH123
        defined: dict[str, Any] = {"__name__": name}
        exec(compile(file.read(), path, "exec"), defined)
    return defined


def _execute(argv: list[str]) -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execve(argv[0], argv, dict(os.environ))
    except OSError as error:
        os.write(2, f"fork/exec {argv[0]}: {error.strerror}\n".encode())
        os._exit(126)


def stand_back() -> None:
    """Lets the sandbox go first where both want a processor: dozens of functions at work would make it wait,
    and they themselves wait for it.

    Linux weighs whole sessions against each other (https://man7.org/linux/man-pages/man7/sched.7.html, "The
    autogroup feature"), so a session says it too. What a system refuses is left.
    """
    with contextlib.suppress(OSError):
        os.nice(NICE)
    with contextlib.suppress(OSError):
        _write("/proc/self/autogroup", str(NICE))


def end_with(lifeline: int) -> None:
    """Ends the process group when the other end of `lifeline` closes: the sandbox is gone."""

    def watch() -> None:
        os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="sandbox-lifeline").start()


# --- the zygote ------------------------------------------------------------------------------------------
def preload(names: list[str]) -> list[str]:
    """Imports modules before the first fork; returns the names that could not be."""
    failed = []
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            failed.append(f"{name}: {error}")
    if "boto3" in names:
        warm_sdk()
    gc.collect()
    gc.freeze()
    gc.disable()
    return failed


def warm_sdk() -> None:
    """Reads the SDK's data files once for all workers, and imports what the SDK imports late.

    The session used for it is thrown away; only the loader of the data files, which come with the SDK, is
    handed on, by botocore's own hook for new sessions. A function that sets AWS_DATA_PATH reads its own.
    """
    try:
        botocore = importlib.import_module("botocore")
        loader = importlib.import_module("botocore.loaders").create_loader()
        session = importlib.import_module("botocore.session").Session()
        session.register_component("data_loader", loader)
        session.set_credentials("warm", "warm")
        for service in ("sqs", "events", "dynamodb"):
            session.create_client(service, region_name="us-east-1", endpoint_url="http://127.0.0.1:1")
        importlib.import_module("boto3.session").Session(botocore_session=session).get_available_resources()
    except Exception as error:  # an SDK of another age: functions only start slower
        print(f"the SDK could not be warmed: {error}", file=sys.stderr)  # noqa: T201 - the zygote's log
        return

    def hand_on(new_session: Any) -> None:
        if "AWS_DATA_PATH" not in os.environ:
            new_session.register_component("data_loader", loader)

    botocore.register_initializer(hand_on)


def _children() -> set[int]:
    try:
        with open("/proc/thread-self/children") as file:  # noqa: PTH123
            return {int(word) for word in file.read().split()}
    except OSError:
        return set()


class Zygote:
    """Forks workers on request, reaps them, and kills whatever a dead worker left behind."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.workers: dict[int, str] = {}

    def tell(self, **message: Any) -> None:
        """Sends a message to the sandbox; a lost connection is noticed by the loop."""
        try:
            self.control.send(json.dumps(message).encode())
        except OSError:
            return

    def reap(self) -> None:
        """Reports dead workers; live ones adopt their own orphans, so any stranger here is a dead one's."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            worker = self.workers.pop(pid, None)
            if worker is not None:
                self.kill_group(pid)
                self.tell(ended=worker, status=os.waitstatus_to_exitcode(status))
        for pid in _children() - set(self.workers):
            self.kill_one(pid)

    @staticmethod
    def kill_group(pid: int) -> None:
        """Kills the process group that a worker leads."""
        try:
            os.killpg(pid, signal.SIGKILL)
        except OSError:
            return

    @staticmethod
    def kill_one(pid: int) -> None:
        """Kills one process."""
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            return

    def end(self) -> None:
        """Kills every worker and everything they started, then exits."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            for pid in self.workers:
                self.kill_group(pid)
                self.kill_one(pid)
            self.reap()
            if not self.workers and not _children():
                break
            select.select([], [], [], 0.002)
        os._exit(0)

    def serve(self) -> tuple[dict[str, Any], int]:
        """Serves until the sandbox closes the connection; returns only in a forked worker, with its order."""
        wake, waker = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        poll.register(self.control, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == wake:
                    os.read(wake, 4096)
                    self.reap()
                    continue
                forked = self.obey()
                if forked is not None:
                    signal.set_wakeup_fd(-1)
                    return forked

    def obey(self) -> tuple[dict[str, Any], int] | None:
        """Carries out one message; returns the order in a forked worker, None in the zygote."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self.control, MESSAGE_LIMIT, 1)
        except OSError:
            message, descriptors = b"", []
        if not message:
            self.end()
        order: dict[str, Any] = json.loads(message)
        if "kill" in order:
            for pid, worker in self.workers.items():
                if worker == order["kill"]:
                    self.kill_group(pid)
                    self.kill_one(pid)
            return None
        if "preload" in order:
            sys.path[:] = order["sys_path"] + STDLIB
            failed = preload(order["preload"])
            self.tell(ready=True, failed=failed, private_tmp=can_mount_private_tmp())
            return None
        try:
            pid = os.fork()
        except OSError as error:
            os.close(descriptors[0])
            self.tell(refused=order["id"], reason=str(error))
            return None
        if pid == 0:
            return order, descriptors[0]
        os.close(descriptors[0])
        self.workers[pid] = order["id"]
        self.tell(started=order["id"], pid=pid)
        return None


def main() -> None:
    """Runs as the arguments say."""
    descriptor = int(sys.argv[2])
    stand_back()
    if sys.argv[1] == "zygote":
        if LINUX:
            LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        order, log_fd = Zygote(socket.socket(fileno=descriptor)).serve()
    else:
        order = json.loads(sys.stdin.buffer.read())
        log_fd = 1
        if not (LINUX or order["argv"]):
            order["lifeline"] = descriptor  # Linux kills us with our parent; elsewhere a thread watches
    work(order, log_fd)


STDLIB = list(sys.path)

if __name__ == "__main__":
    main()
