"""What the service stores: functions and event source mappings, as documents of its tables."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.apis.cors import Cors
from sandbox.model.arn import Arn, event_source_mapping_arn, function_arn, layer_arn, parse_arn
from sandbox.model.lambda_names import LATEST, FunctionRef
from sandbox.model.scope import Scope, scope_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS lambda_functions (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (account, region, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lambda_layers (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
    document BLOB NOT NULL, PRIMARY KEY (account, region, name, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lambda_mappings (uuid TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lambda_versions (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
    document BLOB NOT NULL, PRIMARY KEY (account, region, name, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lambda_checkpoints (
    uuid TEXT NOT NULL, shard TEXT NOT NULL, sequence TEXT NOT NULL, ended INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (uuid, shard)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lambda_done_ahead (
    uuid TEXT NOT NULL, shard TEXT NOT NULL, sequence TEXT NOT NULL,
    PRIMARY KEY (uuid, shard, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lambda_events (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
    qualifier TEXT, request_id TEXT NOT NULL, payload BLOB NOT NULL, cause INTEGER, trace TEXT,
    accepted REAL NOT NULL, due REAL NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0, answer BLOB, version TEXT);
CREATE INDEX IF NOT EXISTS lambda_events_function ON lambda_events (account, region, name);
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


class LayerVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a layer.

    Attributes:
        created: virtual time, seconds since the epoch.
        deleted: not shown and not given to functions any more; those that have it keep it, as on AWS.
        statements: its policy, statement id -> statement. revision: of the policy.
    """

    account: str
    region: str
    name: str
    version: int
    package: Package
    created: float
    description: str = ""
    license: str = ""
    runtimes: list[str] = []
    architectures: list[str] = []
    deleted: bool = False
    statements: dict[str, dict[str, Any]] = {}
    revision: str = ""

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return scope_of(self.account, self.region)

    @property
    def arn(self) -> Arn:
        """ARN of the version."""
        return layer_arn(self.scope, self.name, self.version)


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


class FunctionUrl(msgspec.Struct, frozen=True, kw_only=True):
    """The URL of a function or an alias.

    Attributes:
        id: the first label of its host name.
        auth: `NONE` or `AWS_IAM`.
        created, modified: virtual time, seconds since the epoch.
    """

    id: str
    auth: str
    created: float
    modified: float
    cors: Cors | None = None


class Provisioned(msgspec.Struct, frozen=True, kw_only=True):
    """Environments that are kept ready for a version or alias.

    Attributes:
        count: how many. modified: virtual time, seconds since the epoch.
    """

    count: int
    modified: float


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """A name for a version, or for two between which invocations are divided.

    Attributes:
        weights: additional version -> its share of the invocations, 0 to 1; the rest goes to `version`.
    """

    name: str
    version: str
    revision: str
    description: str = ""
    weights: dict[str, float] = {}


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """The network that a function says it is in (`VpcConfig`): recorded and shown.

    Attributes:
        ipv6: whether it may use IPv6 in dual-stack subnets.
    """

    subnets: list[str]
    security_groups: list[str]
    ipv6: bool = False


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function: configuration, code, and what hangs on it.

    One record is `$LATEST`, which changes and carries what hangs on the function; each published version is
    one that never changes.

    Attributes:
        version: `$LATEST`, or the number of a published version.
        edition: counts the changes of code and configuration; a version has the one it was published at.
        published: the highest number a version had; they are not given twice.
        environment: values as given; tokens in them are replaced when they are shown or run.
        timeout: seconds. memory, tmp_size: MB.
        modified: virtual time of the last change, seconds since the epoch.
        log_format: `Text` or `JSON`. log_level, system_log_level: what is written with JSON.
        layers: ARNs of layer versions, the lowest first.
        reserved: reserved concurrency, None when none is.
        recursive_loop: `Terminate` or `Allow`: what becomes of an invocation in a loop.
        aliases: by name.
        policies: resource policies by qualifier (empty for the function itself), each by statement id.
        urls: function URLs by qualifier, `$LATEST` for the function's own.
        provisioned: provisioned concurrency by version or alias.
        invoke_configs: asynchronous invocation by qualifier, `$LATEST` where none is named.
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
    version: str = LATEST
    edition: int = 0
    published: int = 0
    description: str = ""
    timeout: int = 3
    memory: int = 128
    tmp_size: int = 512
    environment: dict[str, str] = {}
    tracing: str = "PassThrough"
    architecture: str = "x86_64"
    dead_letter: str | None = None
    network: Network | None = None
    log_group: str = ""
    log_format: str = "Text"
    log_level: str = "INFO"
    system_log_level: str = "INFO"
    layers: list[str] = []
    tags: dict[str, str] = {}
    reserved: int | None = None
    recursive_loop: str = "Terminate"
    aliases: dict[str, Alias] = {}
    policies: dict[str, dict[str, dict[str, Any]]] = {}
    invoke_configs: dict[str, InvokeConfig] = {}
    urls: dict[str, FunctionUrl] = {}
    provisioned: dict[str, Provisioned] = {}

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return scope_of(self.account, self.region)

    @property
    def arn(self) -> Arn:
        """Its ARN; only that of a published version has a qualifier."""
        return function_arn(self.scope, self.name, None if self.version == LATEST else self.version)


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """An event source mapping: which queue or stream feeds which function, and how.

    Attributes:
        qualifier: the version or alias that is fed, None for the function itself.
        window: seconds that messages are gathered for one batch.
        max_concurrency: batches at a time, None for as many as there is concurrency.
        partial: the function answers with `batchItemFailures`.
        filters: event patterns; what matches none of them is not handed over.
        position, position_at: where a stream is begun (`TRIM_HORIZON`, `LATEST`, `AT_TIMESTAMP`).
        bisect: a failed batch of a stream is split in two.
        max_age: seconds a record of a stream is tried at most, -1 for as long as it is there.
        max_retries: of a failed batch of a stream, -1 for as often as it takes.
        on_failure: ARN of what is told of the records of a stream that are given up.
        parallel: batches of one shard at a time (`ParallelizationFactor`).
    """

    uuid: str
    account: str
    region: str
    function: str
    source: str
    qualifier: str | None = None
    modified: float
    batch_size: int = 10
    window: int = 0
    enabled: bool = True
    partial: bool = False
    max_concurrency: int | None = None
    filters: list[str] = []
    position: str = ""
    position_at: float | None = None
    bisect: bool = False
    max_age: int = -1
    max_retries: int = -1
    on_failure: str | None = None
    parallel: int = 1
    tags: dict[str, str] = {}

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return scope_of(self.account, self.region)

    @property
    def arn(self) -> Arn:
        """The mapping's own ARN."""
        return event_source_mapping_arn(self.scope, self.uuid)

    @property
    def function_arn(self) -> Arn:
        """ARN of the function, with the qualifier where one was named."""
        return function_arn(self.scope, self.function, self.qualifier)

    @property
    def ref(self) -> FunctionRef:
        """The function as the mapping names it."""
        return FunctionRef(self.scope, self.function, self.qualifier)

    @property
    def source_arn(self) -> Arn:
        """ARN of the queue or stream."""
        return parse_arn(self.source)
