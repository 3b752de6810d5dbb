"""A request on its way in, and what it was found to ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.scope import DEFAULT_ACCOUNT, DEFAULT_REGION, Scope, scope_of
from sandbox.wire.problems import MalformedBodyError
from sandbox.wire.querybody import parse_form

#: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`; signatures with public keys (SigV4A) name no region.
# What is remembered of them is no longer than this.
_CREDENTIAL = re.compile(r"Credential=([^,\s]{1,1024})")
_SCOPE = re.compile(r"([^/,\s]+)/\d{8}/(?:([^/,\s]+)/)?([^/,\s]+)/aws4_request")
_PRESIGNED = re.compile(r"(?:^|&)X-Amz-Credential=([^&]{1,1024})")
_REGION = re.compile(r"^[a-z]{2}(-[a-z]+)+-\d+$")
_ACCOUNT = re.compile(r"^\d{12}$")


class Credential(NamedTuple):
    """The scope of a signature, each part empty where the request does not say it.

    Attributes:
        service: the signing name.
    """

    access_key: str = ""
    region: str = ""
    service: str = ""


_NONE = Credential()


class Incoming(msgspec.Struct):
    """A request as the wire sees it.

    Attributes:
        method: upper case.
        path: as it came, percent-encoding kept, without the query string.
        query: the raw query string.
        headers: names in lower case; of a repeated name the last.
        body: the whole body.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    _fields: dict[str, str] | None = None
    _credential: Credential | None = None

    @property
    def credential(self) -> Credential:
        """Who signed the request, and for what."""
        if self._credential is None:
            self._credential = credential(self)
        return self._credential

    def fields(self) -> dict[str, str]:
        """The form of the query protocol: the query string's fields and the body's.

        Raises:
            MalformedBodyError: they cannot be read.
        """
        if self._fields is None:
            fields = parse_form(self.query) if self.query else {}
            if self.body and self.is_form():
                fields |= parse_form(self.body)
            self._fields = fields
        return self._fields

    def is_form(self) -> bool:
        """Whether the body says it is a form."""
        return self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


class Target(msgspec.Struct):
    """What a request asks for.

    Attributes:
        service: botocore's name, empty when it is not known.
        operation: the operation's name, empty when it is not known.
        protocol: the protocol to answer in.
        access_key, region: of the signature's scope; the signature itself is not verified.
        labels: values found in the path (REST).
        error: why the request cannot be served, where it cannot.
    """

    service: str = ""
    operation: str = ""
    protocol: str = "json"
    access_key: str = ""
    region: str = DEFAULT_REGION
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)
    error: AwsError | None = None

    @property
    def scope(self) -> Scope:
        """A 12-digit access key names the account; any other one means the default account."""
        return scope_of(account_of(self.access_key), self.region)


@lru_cache(maxsize=4096)
def account_of(access_key: str) -> str:
    """The account that an access key stands for."""
    return access_key if _ACCOUNT.match(access_key) else DEFAULT_ACCOUNT


def credential(incoming: Incoming) -> Credential:
    """Access key, region and signing name of a request.

    Standard: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    authorization = incoming.headers.get("authorization")
    if authorization:
        found = _CREDENTIAL.search(authorization)
        return _scope(found[1]) if found else _NONE
    if "X-Amz-Credential=" in incoming.query:
        found = _PRESIGNED.search(incoming.query)
        return _scope(unquote(found[1])) if found else _NONE
    if incoming.is_form() and b"X-Amz-Credential=" in incoming.body:
        try:
            return _scope(incoming.fields()["X-Amz-Credential"][:1024])
        except (MalformedBodyError, KeyError):
            return _NONE
    return _NONE


@lru_cache(maxsize=1024)
def _scope(text: str) -> Credential:
    """Reads `KEY/DATE/REGION/SERVICE/aws4_request`; a client's stays the same for a day."""
    found = _SCOPE.match(text)
    if found is None:
        return _NONE
    key, region, service = found.groups()
    return Credential(key, region if region and _REGION.match(region) else "", service.lower())
