"""What every poller of a mapping is: woken, never polling, and running batches as tasks."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from sandbox.errors import StoreError
from sandbox.model.awserror import AwsError
from sandbox.model.lambda_names import FunctionRef
from sandbox.services.base import Kit
from sandbox.services.lambda_.concurrency import Concurrency, Slot
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Mapping
from sandbox.services.lambda_.tasks import Tasks


class Finder(Protocol):
    """Finds functions by how they are named."""

    def find(self, ref: FunctionRef) -> Qualified | None:
        """The function that is meant, or None where it is not there."""
        ...


class SourcePoller(ABC):
    """Feeds one function from one source while its mapping is enabled.

    Args:
        mapping: as it is stored; a changed mapping gets a new poller.

    Attributes:
        in_order: it may begin only when no batch of a former poller of its mapping runs any more.
    """

    in_order: ClassVar[bool] = False

    def __init__(self, kit: Kit, mapping: Mapping, functions: Finder, concurrency: Concurrency) -> None:
        self._kit = kit
        self._mapping = mapping
        self._functions = functions
        self._concurrency = concurrency
        self._tasks = Tasks()
        self._unsubscribe: Callable[[], None] | None = None
        self._started = False
        self._pumping = False
        self._stopped = False
        #: How the last batch went; empty before the first.
        self.last_result = ""

    @property
    def uuid(self) -> str:
        """The mapping's id."""
        return self._mapping.uuid

    @property
    def running(self) -> int:
        """Batches that run now."""
        return len(self._tasks)

    def tasks(self) -> set[asyncio.Task[Any]]:
        """The tasks that run them."""
        return self._tasks.all()

    def start(self) -> None:
        """Begins to listen, and looks at what is there already."""
        self._started = True
        try:
            self._unsubscribe = self._listen()
        except AwsError as error:
            self.last_result = f"PROBLEM: {error.message}"
            return
        self.wake()

    @abstractmethod
    async def stop(self) -> None:
        """Ends what runs; what no function has seen is there for the next start."""

    @abstractmethod
    def detach(self) -> None:
        """Takes no more, but lets the batches that run end by themselves (mapping disabled or deleted)."""

    def wake(self) -> None:
        """Something may be there to do. Looked at once, at the next turn, however often this is called."""
        if self._pumping or self._stopped or not self._started:
            return
        self._pumping = True
        asyncio.get_running_loop().call_soon(self._pump)

    @abstractmethod
    def _listen(self) -> Callable[[], None]:
        """Has `wake` called by the source; returns what ends that.

        Raises:
            AwsError: the source is gone.
        """

    @abstractmethod
    def _work(self, function: Qualified) -> None:
        """Takes from the source what there is, and begins batches.

        Raises:
            AwsError: the source is gone.
        """

    def _listen_no_more(self) -> None:
        self._stopped = True
        self._concurrency.give_up(self.wake)
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _pump(self) -> None:
        self._pumping = False
        if self._stopped:
            return
        function = self._functions.find(self._mapping.ref)
        if function is None:
            self._concurrency.give_up(self.wake)
            self.last_result = "PROBLEM: Function not found"
            return
        try:
            self._work(function)
        except AwsError as error:
            self.last_result = f"PROBLEM: {error.message}"
        except StoreError as error:  # it is woken again once that may be over (`Mappings.recall`)
            self.last_result = f"PROBLEM: {error.what}: {error.why}"

    def _slot(self, function: Qualified) -> Slot | None:
        """The right to run a batch; without one, `wake` is called when there may be."""
        slot = self._concurrency.take(function.function, self.wake)
        if slot is None:
            self._concurrency.when_free(function.function, self.wake)
        return slot
