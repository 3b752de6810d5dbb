"""The supervised PostgreSQL: started, used, killed, moved."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from sandbox.backing.postgres import PostgresServer
from sandbox.backing.postgres.cluster import default_cache
from sandbox.backing.postgres.settings import SUPERUSER
from sandbox.backing.postgres.wire import PostgresError
from sandbox.errors import ServerStartError
from tests.contract.backing.support import IDENTITIES, is_alive

pytestmark = pytest.mark.postgres

Scenario = Callable[[PostgresServer], Awaitable[None]]


def run(folder: Path, scenario: Scenario, identity: str = "unprivileged") -> None:
    """Runs a scenario on a started server, and ends the server."""

    async def whole() -> None:
        server = PostgresServer(folder, identity=identity)
        await server.start()
        try:
            await scenario(server)
        finally:
            await server.stop()

    asyncio.run(whole())


def pid_of(server: PostgresServer) -> int:
    ((name, pid),) = server.processes()
    assert name == "postgres"
    return pid


async def ask(
    server: PostgresServer, sql: str, database: str = "nfe", password: str = "segredo123"
) -> list[object]:
    """The rows of a query over TCP, as the master user `nfe`."""

    def query() -> list[object]:
        with psycopg.connect(server.dsn(database, "nfe", password), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return list(cursor.fetchall()) if cursor.description else []

    return await asyncio.to_thread(query)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_closed_folder_is_no_obstacle_and_stays_closed(tmp_path: Path, identity: str) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = closed.stat()

    async def scenario(server: PostgresServer) -> None:
        await server.ensure("nfe", "nfe", "segredo123")
        assert await ask(server, "SELECT 'ação'") == [("ação",)]

    for _ in range(2):
        run(closed / "postgres", scenario, identity)
    after = closed.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_the_same_data_is_opened_whichever_user_the_server_runs_as(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        await server.ensure("nfe", "nfe", "segredo123")
        await ask(server, "CREATE TABLE IF NOT EXISTS t (n int)")
        await ask(server, "INSERT INTO t VALUES (1)")

    for identity in (IDENTITIES[0], IDENTITIES[-1], IDENTITIES[0]):
        run(tmp_path / "postgres", scenario, identity)

    async def last(server: PostgresServer) -> None:
        assert await ask(server, "SELECT count(*) FROM t") == [(3,)]

    run(tmp_path / "postgres", last, IDENTITIES[-1])


def test_the_server_is_as_promised(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        await server.ensure("nfe", "nfe", "segredo123")
        assert server.host == "127.0.0.1"
        assert 1024 <= server.port < 32768
        shown = {
            name: (await server.admin.execute("nfe", f"SHOW {name}"))[0][0]
            for name in (
                "server_encoding",
                "timezone",
                "fsync",
                "synchronous_commit",
                "jit",
                "listen_addresses",
            )
        }
        assert shown == {
            "server_encoding": "UTF8",
            "timezone": "UTC",
            "fsync": "off",
            "synchronous_commit": "on",
            "jit": "off",
            "listen_addresses": "127.0.0.1",
        }
        assert (await server.admin.execute("nfe", "SHOW server_version"))[0][0] == server.version
        # A master user makes roles, databases and schemas, but is no superuser.
        await ask(server, "CREATE SCHEMA estoque; CREATE ROLE leitor")
        assert await ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = 'nfe'") == [(False,)]

    run(tmp_path / "postgres", scenario)


def test_only_the_right_password_opens_the_door(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        await server.ensure("nfe", "nfe", "segredo123")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await ask(server, "SELECT 1", password="errado")
        with pytest.raises(psycopg.OperationalError, match="rejects connection"):
            psycopg.connect(server.dsn("nfe", SUPERUSER, "anything"))
        await server.ensure("nfe", "nfe", "nova-senha")
        assert await ask(server, "SELECT 1", password="nova-senha") == [(1,)]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await ask(server, "SELECT 1")

    run(tmp_path / "postgres", scenario)


def test_passwords_reach_no_log(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        await server.ensure("nfe", "nfe", "segredo123")
        with pytest.raises(PostgresError):
            await server.admin.ensure_role("pg_x", "segredo123")
        with pytest.raises(PostgresError):
            await server.admin.ensure_database("outro", "ninguém")

    run(tmp_path / "postgres", scenario)
    logged = (tmp_path / "postgres" / "server.log").read_text()
    assert "ninguém" in logged
    assert "segredo123" not in logged


def test_databases_come_and_go(tmp_path: Path) -> None:
    odd = 'we"ird; DROP TABLE x --'

    async def scenario(server: PostgresServer) -> None:
        await server.ensure(odd, "d'oh", "segredo123")
        await server.ensure("nfe", "nfe", "segredo123")
        assert await server.admin.databases() == ["nfe", "postgres", odd]
        with psycopg.connect(server.dsn("nfe", "nfe", "segredo123"), autocommit=True) as busy:
            busy.execute("SELECT 1")
            await server.drop("nfe")
        await server.drop(odd)
        await server.drop("never was")
        assert await server.admin.databases() == ["postgres"]
        # The database that every PostgreSQL has can be an instance's, too.
        await server.ensure("postgres", "nfe", "segredo123")
        await server.drop("postgres")
        await server.ensure("postgres", "nfe", "segredo123")
        assert await ask(server, "SELECT 1", database="postgres") == [(1,)]

    run(tmp_path / "postgres", scenario)


def test_what_belongs_to_the_server_is_refused(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        for user in (SUPERUSER, "pg_monitor"):
            with pytest.raises(PostgresError, match="reserved"):
                await server.admin.ensure_role(user, "segredo123")
        for database in ("template0", "template1"):
            with pytest.raises(PostgresError, match="reserved"):
                await server.drop(database)

    run(tmp_path / "postgres", scenario)


def test_scripts_run_whole_or_not_at_all(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        await server.ensure("nfe", "nfe", "segredo123")
        await server.admin.execute("nfe", "CREATE TABLE um (n int); INSERT INTO um VALUES (1)", role="nfe")
        with pytest.raises(PostgresError) as caught:
            await server.admin.execute("nfe", "INSERT INTO um VALUES (2); INSERT INTO dois VALUES (1)")
        assert caught.value.sqlstate == "42P01"
        assert await server.admin.execute("nfe", "SELECT n, NULL FROM um") == [("1", None)]
        assert await ask(server, "SELECT tableowner FROM pg_tables WHERE tablename = 'um'") == [("nfe",)]
        with pytest.raises(PostgresError):
            await server.admin.execute("no such database", "SELECT 1")

    run(tmp_path / "postgres", scenario)


def test_a_killed_server_comes_back_on_its_port_with_every_committed_row(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        await server.ensure("nfe", "nfe", "segredo123")
        await ask(server, "CREATE TABLE t (n int)")
        port = server.port
        for count in (1, 2):
            await ask(server, f"INSERT INTO t VALUES ({count})")
            pid = pid_of(server)
            # A backend is at work meanwhile: it holds the shared memory of the dead server.
            busy = asyncio.create_task(ask(server, "SELECT count(*) FROM generate_series(1, 300000000)"))
            await asyncio.to_thread(_until_working, server)
            backends = [child.pid for child in psutil.Process(pid).children()]
            os.kill(pid, signal.SIGKILL)
            await server.restarted(count)
            with pytest.raises(psycopg.OperationalError):
                await busy
            assert not any(is_alive(backend) for backend in backends)
            assert server.port == port
            assert pid_of(server) != pid
            assert await ask(server, "SELECT max(n) FROM t") == [(count,)]

    run(tmp_path / "postgres", scenario)


def _until_working(server: PostgresServer) -> None:
    """Returns as soon as a session of the master user runs its query."""
    with psycopg.connect(server.dsn("nfe", "nfe", "segredo123"), autocommit=True) as connection:
        query = "SELECT 1 FROM pg_stat_activity WHERE usename = 'nfe' AND query LIKE '%generate_series(1, 3%'"
        while not connection.execute(f"{query} AND pid <> pg_backend_pid()".encode()).fetchall():
            connection.execute("SELECT pg_sleep(0.01)")


_DAEMON = """
import asyncio, sys
from pathlib import Path
import psycopg
from sandbox.backing.postgres import PostgresServer

async def main():
    server = PostgresServer(Path(sys.argv[1]))
    await server.start()
    await server.ensure("nfe", "nfe", "segredo123")
    print(server.processes()[0][1], server.port, flush=True)
    with psycopg.connect(server.dsn("nfe", "nfe", "segredo123"), autocommit=True) as connection:
        connection.execute("CREATE TABLE t (n int)")
        for number in range(1_000_000):
            connection.execute("INSERT INTO t VALUES (%s)", (number,))
            print(number, flush=True)

asyncio.run(main())
"""


def test_nothing_acknowledged_is_lost_when_the_sandbox_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = (sys.executable, "-c", textwrap.dedent(_DAEMON), str(tmp_path / "postgres"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=environment) as daemon:
        assert daemon.stdout is not None
        pid, port = (int(word) for word in daemon.stdout.readline().split())
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        lines = [daemon.stdout.readline() for _ in range(100)]
        daemon.kill()
        acknowledged = int([*lines, *daemon.stdout.read().splitlines()][-1])
    psutil.wait_procs(family, timeout=30)
    assert not any(is_alive(process.pid) for process in family)

    async def scenario(server: PostgresServer) -> None:
        assert server.port == port
        assert await ask(server, f"SELECT count(*) > {acknowledged} FROM t") == [(True,)]

    run(tmp_path / "postgres", scenario)


def test_an_old_server_on_the_same_data_is_ended_first(tmp_path: Path) -> None:
    async def scenario() -> None:
        folder = tmp_path / "postgres"
        old = PostgresServer(folder)
        await old.start()
        await old.ensure("nfe", "nfe", "segredo123")
        await ask(old, "CREATE TABLE t AS SELECT 1 AS n")
        pid = pid_of(old)
        # Its sandbox crashed, so nobody starts it again, which two of them would do to each other's.
        (keeper,) = (task for task in asyncio.all_tasks() if task.get_name() == "keep PostgreSQL")
        keeper.cancel()
        # Without its pid file, only the data itself tells that somebody works on it.
        (folder / "server.pid").unlink()
        os.kill(pid, signal.SIGSTOP)
        new = PostgresServer(folder)
        await new.start()
        assert not is_alive(pid)
        assert await ask(new, "SELECT n FROM t") == [(1,)]
        await new.stop()
        await old.stop()

    asyncio.run(scenario())


def test_a_port_that_somebody_took_is_left_to_them(tmp_path: Path) -> None:
    ports: list[int] = []

    async def scenario(server: PostgresServer) -> None:
        ports.append(server.port)

    run(tmp_path / "postgres", scenario)
    run(tmp_path / "postgres", scenario)
    assert ports[0] == ports[1]
    with socket.create_server(("127.0.0.1", ports[0])):
        run(tmp_path / "postgres", scenario)
    assert ports[2] != ports[0]


def test_a_long_path_gets_its_socket_elsewhere_and_leaves_nothing_there(tmp_path: Path) -> None:
    sockets: list[Path] = []

    async def scenario(server: PostgresServer) -> None:
        found = await server.admin.execute("postgres", "SHOW unix_socket_directories")
        sockets.append(Path(str(found[0][0])))
        assert sockets[0].stat().st_mode & 0o777 == 0o700

    run(tmp_path / ("x" * 90) / "postgres", scenario)
    assert not sockets[0].exists()


def test_two_sandboxes_can_fill_an_empty_cache_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        servers = [PostgresServer(tmp_path / name, cache=tmp_path / "cache") for name in ("a", "b")]
        await asyncio.gather(*(server.start() for server in servers))
        for server in servers:
            assert await server.admin.databases() == ["postgres"]
        await asyncio.gather(*(server.stop() for server in servers))

    asyncio.run(scenario())
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("13\n")
    with pytest.raises(ServerStartError, match="cannot be opened") as caught:
        asyncio.run(PostgresServer(tmp_path / "postgres").start())
    assert "13" in caught.value.why
    assert "--fresh" in caught.value.remedy


def test_broken_data_is_reported_with_the_servers_own_words(tmp_path: Path) -> None:
    async def scenario(server: PostgresServer) -> None:
        assert server.processes()

    run(tmp_path / "postgres", scenario)
    (tmp_path / "postgres" / "cluster" / "global" / "pg_control").unlink()
    with pytest.raises(ServerStartError, match="PostgreSQL did not become ready") as caught:
        asyncio.run(PostgresServer(tmp_path / "postgres").start())
    assert "pg_control" in caught.value.why


def test_the_port_of_a_server_that_was_not_started_is_not_invented(tmp_path: Path) -> None:
    with pytest.raises(ServerStartError, match="no port"):
        _ = PostgresServer(tmp_path / "postgres").port


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    async def scenario() -> None:
        server = PostgresServer(tmp_path / "postgres", cache=tmp_path / "file" / "cache")
        await server.start()
        assert await server.admin.databases() == ["postgres"]
        await server.stop()

    asyncio.run(scenario())


def test_the_cache_lies_where_caches_lie() -> None:
    cache = default_cache()
    assert cache is not None
    assert cache.parts[-2:] == ("sandbox", "postgres")
