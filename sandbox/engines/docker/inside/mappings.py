"""Runs inside LocalStack, as one of its start scripts, and ends mappings that are deleted while disabled.

LocalStack leaves the end of an event source mapping to the thread that polls for it, and a disabled mapping
has none: it would be "Deleting" for ever, and its like could not be made again. On AWS it is gone after some
seconds (https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html).

LocalStack runs the file with `exec`: it imports nothing of the sandbox's.
"""

from __future__ import annotations

from typing import Any

from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker


def _ended(delete: Any) -> Any:
    """Deletes as before, and takes out what no thread will."""

    def delete_also_disabled(worker: Any) -> None:
        delete(worker)
        poller = worker._poller_thread
        if poller is None or not poller.is_alive():
            worker.delete_esm_in_store()

    return delete_also_disabled


EsmWorker.delete = _ended(EsmWorker.delete)
