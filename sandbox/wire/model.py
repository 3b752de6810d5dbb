"""botocore's service models as small typed values, decoded when a service is first used.

botocore's own loader keeps every documentation string and ordered dictionary of a model (tens of megabytes
for the services of a session); here unknown fields are skipped while decoding, and botocore is not imported.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec


class XmlNamespace(msgspec.Struct, frozen=True):
    """The `xmlns` of an element."""

    uri: str
    prefix: str | None = None


class Ref(msgspec.Struct, frozen=True, rename="camel"):
    """A use of a shape: a member, a list's element, a map's key or value, an operation's input or output."""

    shape: str
    location: str | None = None
    location_name: str | None = None
    query_name: str | None = None
    flattened: bool = False
    streaming: bool = False
    xml_attribute: bool = False
    xml_namespace: XmlNamespace | str | None = None
    timestamp_format: str | None = None
    result_wrapper: str | None = None
    idempotency_token: bool = False


class ErrorTrait(msgspec.Struct, frozen=True, rename="camel"):
    """What an exception shape says of the answer."""

    code: str | None = None
    http_status_code: int | None = None
    sender_fault: bool | None = None


class Shape(msgspec.Struct, frozen=True, rename="camel"):
    """One shape of a model."""

    type: str
    members: dict[str, Ref] = {}
    required: tuple[str, ...] = ()
    member: Ref | None = None
    key: Ref | None = None
    value: Ref | None = None
    enum: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    pattern: str | None = None
    payload: str | None = None
    flattened: bool = False
    location_name: str | None = None
    timestamp_format: str | None = None
    xml_namespace: XmlNamespace | str | None = None
    exception: bool = False
    fault: bool = False
    error: ErrorTrait | None = None
    eventstream: bool = False
    union: bool = False
    document: bool = False
    wrapper: bool = False
    streaming: bool = False


class Http(msgspec.Struct, frozen=True, rename="camel"):
    """Where a REST operation is found."""

    method: str = "POST"
    request_uri: str = "/"
    response_code: int = 200


class Operation(msgspec.Struct, frozen=True):
    """One operation of a service."""

    name: str
    http: Http
    deprecated: bool = False
    input: Ref | None = None
    output: Ref | None = None


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What a service says of itself."""

    api_version: str
    endpoint_prefix: str
    protocol: str
    protocols: tuple[str, ...] = ()
    target_prefix: str = ""
    json_version: str = "1.0"
    signing_name: str = ""
    service_id: str = ""
    xml_namespace: XmlNamespace | str | None = None
    aws_query_compatible: Any = None


class ServiceModel(msgspec.Struct, frozen=True):
    """A service: its operations and the shapes they are made of."""

    metadata: Metadata
    operations: dict[str, Operation]
    shapes: dict[str, Shape]

    def input_shape(self, operation: str) -> Shape | None:
        """The structure of an operation's parameters, or None where it takes none."""
        ref = self.operations[operation].input
        return None if ref is None else self.shapes[ref.shape]

    def output_shape(self, operation: str) -> Shape | None:
        """The structure of an operation's answer, or None where it has none."""
        ref = self.operations[operation].output
        return None if ref is None else self.shapes[ref.shape]

    @property
    def namespace(self) -> str:
        """The XML namespace of its answers."""
        given = self.metadata.xml_namespace
        if given is None:
            return ""
        return given if isinstance(given, str) else given.uri


class UnknownServiceError(KeyError):
    """There is no AWS service of that name."""


def data_folder() -> Path:
    """Where the installed botocore keeps its models; botocore is not imported for it.

    Raises:
        ModuleNotFoundError: botocore is not installed.
    """
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "botocore is not installed: reinstall sandbox, its service models come with botocore"
        )
    return Path(spec.submodule_search_locations[0]) / "data"


class Models(Mapping[str, ServiceModel]):
    """The service models by botocore's service names, each decoded once, when first asked for.

    Args:
        folder: where the models are; None takes the installed botocore's.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or data_folder()
        self._loaded: dict[str, ServiceModel] = {}
        self._decoder = msgspec.json.Decoder(ServiceModel)

    def __getitem__(self, name: str) -> ServiceModel:
        model = self._loaded.get(name)
        if model is None:
            model = self._loaded[name] = self._decoder.decode(self._read(name))
        return model

    def __contains__(self, name: object) -> bool:
        return name in self._loaded or (isinstance(name, str) and bool(self._files(name)))

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(found.name for found in self._folder.iterdir() if self._files(found.name)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _files(self, name: str) -> list[Path]:
        """The service's models, oldest API version first; a name that is not a plain word has none."""
        if not name.replace("-", "").isalnum():
            return []
        return sorted((self._folder / name).glob("*/service-2.json*"))

    def _read(self, name: str) -> bytes:
        found = self._files(name)
        if not found:
            raise UnknownServiceError(name)
        raw = found[-1].read_bytes()
        return gzip.decompress(raw) if found[-1].suffix == ".gz" else raw
