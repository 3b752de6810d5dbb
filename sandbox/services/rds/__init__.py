"""RDS, natively: each PostgreSQL instance is a database of the sandbox's own server."""

from sandbox.services.rds.port import DatabaseServer
from sandbox.services.rds.service import RdsService

__all__ = ["DatabaseServer", "RdsService"]
