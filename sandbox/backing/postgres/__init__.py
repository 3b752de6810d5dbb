"""PostgreSQL for real: the server's own binaries, supervised, from a cached empty cluster."""

from sandbox.backing.postgres.server import PostgresServer

__all__ = ["PostgresServer"]
