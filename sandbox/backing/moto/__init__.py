"""The long tail of AWS, answered by moto in a process of its own."""

from sandbox.backing.moto.log import DatabaseMotoLog, LoggedWrite, MotoLog
from sandbox.backing.moto.server import MotoServer

__all__ = ["DatabaseMotoLog", "LoggedWrite", "MotoLog", "MotoServer"]
