"""Runs as a child, before a server: takes the identity the server needs, ties its life to the sandbox's.

Executed in an isolated interpreter (`python -I -S launch.py PARENT SIGNAL IDENTITY FOLDER -- COMMAND`), so
that the sandbox, which has threads, never runs Python code between fork and exec. It imports nothing of ours.

IDENTITY is `same`; or, for servers that refuse to run as root, `unprivileged` (a user namespace where the
kernel allows one, else another user), `namespace` or `user` (only that one way). FOLDER is what the server
must own.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def main(arguments: list[str]) -> None:
    """Takes the identity, then replaces this process by the command; the process id stays."""
    parent, death_signal, identity, folder = int(arguments[0]), int(arguments[1]), arguments[2], arguments[3]
    command = arguments[arguments.index("--") + 1 :]
    os.umask(0o077)
    if identity != "same":
        _leave_root(identity, folder)
    # Last, because changing the identity clears it.
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            raise SystemExit("the sandbox ended while it started this server")
    os.execv(command[0], command)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _leave_root(identity: str, folder: str) -> None:
    """Stops being root in the eyes of the server; nothing to do for an ordinary user who has a name."""
    named = _is_named(os.geteuid())
    if os.geteuid() != 0 and named:
        return
    stranger = _unprivileged_user()
    if identity in ("unprivileged", "namespace") and _enter_namespace(stranger, folder):
        return
    if identity == "namespace" or os.geteuid() != 0:
        raise SystemExit(
            "the kernel allows no user namespace here, and this user cannot change to another one"
        )
    _become(stranger, folder)


def _is_named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _unprivileged_user() -> pwd.struct_passwd:
    """`nobody`, or whichever user is not root: servers look their own name up."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        return next(user for user in pwd.getpwall() if user.pw_uid != 0)


def _enter_namespace(user: pwd.struct_passwd, folder: str) -> bool:
    """A user namespace in which we are `user`; outside of it nothing changes, files stay ours."""
    if sys.platform != "linux" or not _namespace_works(user):
        return False
    _own(folder, os.geteuid(), os.getegid())
    return _unshare(user)


def _namespace_works(user: pwd.struct_passwd) -> bool:
    """Tried in a child, because there is no way back from a namespace that was left half made."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if _unshare(user) else 1)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _unshare(user: pwd.struct_passwd) -> bool:
    uid, gid = os.geteuid(), os.getegid()
    if _libc().unshare(_CLONE_NEWUSER) != 0:
        return False
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user.pw_uid} {uid} 1"),
        ("gid_map", f"{user.pw_gid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - keeps this start light
            file.write(text)
    return True


def _become(user: pwd.struct_passwd, folder: str) -> None:
    """Another user for good, who may still pass through folders that are closed to others (a home, /root)."""
    _own(folder, user.pw_uid, user.pw_gid)
    linux = sys.platform == "linux"
    if linux:
        _libc().prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if linux:
        _keep_passage()


def _keep_passage() -> None:
    """Keeps the right to pass through closed folders, and nothing else of root's, across the exec."""
    kept = (1 << _CAP_DAC_OVERRIDE) | (1 << _CAP_DAC_READ_SEARCH)
    header = _CapHeader(_CAPABILITY_VERSION_3, 0)
    data = (_CapData * 2)(_CapData(kept, kept, kept), _CapData(0, 0, 0))
    libc = _libc()
    if libc.capset(ctypes.byref(header), data) != 0:
        return  # a container that took them from root: the folder must then be reachable for others
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _own(folder: str, uid: int, gid: int) -> None:
    """Gives `folder` and what is in it to a user, where another one has it; its parents stay as they are."""
    if os.geteuid() != 0 or not folder:
        return
    entries = [folder, *(entry.path for entry in os.scandir(folder))]
    if all(os.lstat(entry).st_uid == uid for entry in entries):
        return
    for root, folders, files in os.walk(folder, topdown=False):
        for name in [*folders, *files]:
            os.chown(os.path.join(root, name), uid, gid, follow_symlinks=False)  # noqa: PTH118
    os.chown(folder, uid, gid)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main(sys.argv[1:])
