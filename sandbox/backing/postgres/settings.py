"""How the server is configured: for a developer's machine, where processes may die, the kernel does not."""

from __future__ import annotations

from pathlib import Path

#: The superuser, as on RDS; it exists for the sandbox alone and is never reachable over TCP.
SUPERUSER = "rdsadmin"

#: Raise when the files of an empty cluster change (authentication, options of initdb).
LAYOUT = 1

#: Who may connect. The socket's folder is closed to other users (0700), so `trust` means "ourselves".
AUTHENTICATION = f"""\
local all {SUPERUSER} trust
local all all scram-sha-256
host  all {SUPERUSER} all reject
host  all all 127.0.0.1/32 scram-sha-256
"""

_SETTINGS = {
    # A commit reaches the kernel before it is acknowledged, so the death of any process loses nothing; only
    # the death of the kernel could.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "8MB",
    "max_wal_size": "128MB",
    # Small: an idle sandbox is to cost nothing one would notice.
    "shared_buffers": "16MB",
    "max_connections": "200",
    "huge_pages": "off",
    "jit": "off",
    "max_worker_processes": "0",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "autovacuum": "on",
    "autovacuum_naptime": "5min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "warning",
    "log_min_error_statement": "error",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
}
_SETTINGS_18 = {"io_method": "sync"}


def server_arguments(major: int, cluster: Path, sockets: Path, host: str, port: int) -> list[str]:
    """The arguments of `postgres`: all but the data itself, so that nothing stored has a port."""
    settings = dict(_SETTINGS)
    if major >= 18:
        settings.update(_SETTINGS_18)
    arguments = ["-D", str(cluster), "-k", str(sockets), "-h", host, "-p", str(port)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    return arguments


def initdb_arguments(major: int, cluster: Path) -> list[str]:
    """The arguments of `initdb` for an empty cluster: UTF-8, ordered by code point, small WAL segments."""
    arguments = [
        *("-D", str(cluster), "--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C"),
        *("--auth-local", "trust", "--auth-host", "scram-sha-256", "--no-sync", "--no-instructions"),
        *("--wal-segsize", "1"),
    ]
    if major >= 17:
        arguments += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    if major >= 18:
        arguments += ["--no-data-checksums"]
    return arguments
