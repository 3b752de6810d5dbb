"""What the service stores: functions and event source mappings, as documents of its tables."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.arn import Arn, event_source_mapping_arn, function_arn, parse_arn
from sandbox.model.scope import Scope

SCHEMA = """
CREATE TABLE IF NOT EXISTS lambda_functions (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (account, region, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lambda_mappings (uuid TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lambda_async (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
    request_id TEXT NOT NULL, payload BLOB NOT NULL, cause INTEGER, trace TEXT,
    accepted REAL NOT NULL, due REAL NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0, answer BLOB);
CREATE INDEX IF NOT EXISTS lambda_async_function ON lambda_async (account, region, name);
"""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """The code of a function.

    Attributes:
        live: the code is a folder of the developer's own (`hot-reload`): changes count from the next
            invocation.
        folder: that folder; empty for an uploaded package, which the code store finds by its key.
        sha256: base64, as the API shows it. size: bytes of the package.
        key: stands for the content at the time of the upload.
    """

    live: bool
    sha256: str
    size: int
    key: str
    folder: str = ""


class InvokeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How asynchronous invocations of a function are retried, and where their results go.

    Attributes:
        max_age: seconds. retries: after the first run. on_success, on_failure: ARNs.
    """

    last_modified: float
    max_age: int | None = None
    retries: int | None = None
    on_success: str | None = None
    on_failure: str | None = None


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function: configuration, code, and what hangs on it.

    Attributes:
        environment: values as given; tokens in them are replaced when they are shown or run.
        timeout: seconds. memory, tmp_size: MB.
        modified: virtual time of the last change, seconds since the epoch.
        reserved: reserved concurrency, None when none is.
        statements: resource policy, statement id -> statement.
    """

    account: str
    region: str
    name: str
    runtime: str
    handler: str
    role: str
    package: Package
    modified: float
    revision: str
    description: str = ""
    timeout: int = 3
    memory: int = 128
    tmp_size: int = 512
    environment: dict[str, str] = {}
    tracing: str = "PassThrough"
    architecture: str = "x86_64"
    dead_letter: str | None = None
    log_group: str = ""
    tags: dict[str, str] = {}
    reserved: int | None = None
    statements: dict[str, dict[str, Any]] = {}
    invoke_config: InvokeConfig | None = None

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return Scope(self.account, self.region)

    @property
    def arn(self) -> Arn:
        """Its ARN, without a qualifier."""
        return function_arn(self.scope, self.name)


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """An event source mapping: which queue feeds which function, and how.

    Attributes:
        window: seconds that messages are gathered for one batch.
        max_concurrency: batches at a time, None for as many as there is concurrency.
        partial: the function answers with `batchItemFailures`.
    """

    uuid: str
    account: str
    region: str
    function: str
    queue: str
    modified: float
    batch_size: int = 10
    window: int = 0
    enabled: bool = True
    partial: bool = False
    max_concurrency: int | None = None
    tags: dict[str, str] = {}

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return Scope(self.account, self.region)

    @property
    def arn(self) -> Arn:
        """The mapping's own ARN."""
        return event_source_mapping_arn(self.scope, self.uuid)

    @property
    def function_arn(self) -> Arn:
        """ARN of the function."""
        return function_arn(self.scope, self.function)

    @property
    def queue_arn(self) -> Arn:
        """ARN of the queue."""
        return parse_arn(self.queue)
