"""How far a mapping has got in one shard, when batches that began later may end before earlier ones.

A place is kept up to which everything is done, and what is done behind it one by one: after a restart,
however it came, nothing is left out, and nothing that was done is handed over again.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, auto

from sandbox.services.lambda_.checkpoints import Checkpoints


class _State(Enum):
    OPEN = auto()
    DONE = auto()
    PASSED_OVER = auto()


class Progress:
    """The records of a shard that were read and lie behind the place up to which everything is done.

    Args:
        checkpoints: where it is kept.
        done: the sequence number up to which everything is done.
    """

    def __init__(self, checkpoints: Checkpoints, shard: str, done: str) -> None:
        self._checkpoints = checkpoints
        self._shard = shard
        self.done = done
        self._ahead = checkpoints.ahead(shard)
        self._states: dict[str, _State] = {}  # in the order of the shard
        self._passed_over = 0

    @property
    def held(self) -> int:
        """Records that are not done, or done ahead of such; those that no filter wanted do not count."""
        return len(self._states) - self._passed_over

    def read(self, sequence: str, *, wanted: bool) -> bool:
        """Takes note of the next record of the shard; says whether it is to be handed over.

        Args:
            wanted: a filter matches it.
        """
        if sequence in self._ahead:
            self._states[sequence] = _State.DONE
        elif wanted:
            self._states[sequence] = _State.OPEN
            return True
        else:
            self._pass_over(sequence)
        return False

    def finish(self, sequences: Collection[str]) -> None:
        """Records were processed or given up."""
        self._states.update(dict.fromkeys(sequences, _State.DONE))
        self.settle()
        ahead = [sequence for sequence in sequences if sequence in self._states]
        if ahead:
            self._ahead.update(ahead)
            self._checkpoints.put_ahead(self._shard, ahead)

    def settle(self) -> None:
        """Moves the place up to the first record that is not done."""
        reached = []
        for sequence, state in self._states.items():
            if state is _State.OPEN:
                break
            reached.append(sequence)
        if not reached:
            return
        for sequence in reached:
            self._passed_over -= self._states.pop(sequence) is _State.PASSED_OVER
        self.done = reached[-1]
        self._checkpoints.put(self._shard, self.done)
        if known := self._ahead.intersection(reached):
            self._ahead -= known
            self._checkpoints.drop_ahead(self._shard, known)

    def end(self) -> None:
        """Everything of the shard is done."""
        self._checkpoints.put(self._shard, self.done, ended=True)

    def _pass_over(self, sequence: str) -> None:
        # Of several in a row the last one says it all: a filter that wants little costs no memory.
        last = next(reversed(self._states), None)
        if last is not None and self._states[last] is _State.PASSED_OVER:
            del self._states[last]
        else:
            self._passed_over += 1
        self._states[sequence] = _State.PASSED_OVER
