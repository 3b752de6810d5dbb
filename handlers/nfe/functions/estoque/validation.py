"""What a request may contain: every fault is collected, so that the caller corrects them all at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID, uuid4

#: Largest quantity of a product: the range of the column.
MAX_QUANTIDADE = 2_147_483_647
MAX_NOME = 200
DEFAULT_LIMIT = 100
MAX_LIMIT = 500

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PARAMETERS = ("limit", "nextToken")


@dataclass(frozen=True)
class Fault:
    """One faulty field and what is wrong with it."""

    field: str
    message: str


class InvalidRequestError(Exception):
    """The request is refused; `faults` names every field."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class NovoProduto:
    """A product to be created."""

    produto_id: UUID
    nome: str | None
    quantidade: int


@dataclass(frozen=True)
class Pagina:
    """How many products a page holds, and the product it begins after."""

    limit: int = DEFAULT_LIMIT
    depois_de: UUID | None = None


def parse_uuid(text: object) -> UUID | None:
    """Return the UUID written in the usual hyphenated form, or None."""
    return UUID(text) if isinstance(text, str) and _UUID.fullmatch(text) else None


def is_quantidade(value: object, minimum: int) -> bool:
    """Tell whether a JSON value is a whole number from `minimum` to the largest quantity."""
    # bool is an int to Python and not to JSON.
    return isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= MAX_QUANTIDADE


def parse_body(body: str | bytes | None) -> Any:
    """Return the JSON value of a body.

    Raises:
        InvalidRequestError: naming the field `body`; nothing in it can be named when it does not parse.
    """
    try:
        return json.loads(body or "", parse_constant=_no_constant)
    except RecursionError:
        raise InvalidRequestError([Fault("body", "is nested too deeply")]) from None
    except ValueError as error:
        raise InvalidRequestError([Fault("body", f"is not valid JSON: {error}")]) from None


def parse_novo_produto(document: Any) -> NovoProduto:
    """Return the product that a body describes; without a `produtoId` it gets a new one.

    Raises:
        InvalidRequestError: with every faulty field.
    """
    if not isinstance(document, dict):
        raise InvalidRequestError([Fault("body", "must be a JSON object")])
    faults: list[Fault] = []
    produto_id = parse_uuid(document["produtoId"]) if "produtoId" in document else uuid4()
    if produto_id is None:
        faults.append(Fault("produtoId", "must be a UUID"))
    nome = document.get("nome")
    if nome is not None and not _is_nome(nome):
        faults.append(Fault("nome", f"must be a text of 1 to {MAX_NOME} printable characters"))
    quantidade = document.get("quantidade")
    if not is_quantidade(quantidade, 0):
        problem = f"must be a whole number from 0 to {MAX_QUANTIDADE}"
        faults.append(Fault("quantidade", problem if "quantidade" in document else "is required"))
    if faults or produto_id is None:
        raise InvalidRequestError(faults)
    return NovoProduto(produto_id, nome, quantidade)


def parse_pagina(query: Mapping[str, str]) -> Pagina:
    """Return the page that a query string asks for.

    Raises:
        InvalidRequestError: with every faulty parameter, those that do not exist included.
    """
    faults = [
        Fault(name, f"is not a parameter of this list; it has {', '.join(_PARAMETERS)}")
        for name in query
        if name not in _PARAMETERS
    ]
    limit = query.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= MAX_LIMIT:
        faults.append(Fault("limit", f"must be a whole number from 1 to {MAX_LIMIT}"))
    depois_de = parse_uuid(query.get("nextToken"))
    if "nextToken" in query and depois_de is None:
        faults.append(Fault("nextToken", "is not a token that this list gave out"))
    if faults:
        raise InvalidRequestError(faults)
    return Pagina(int(limit), depois_de)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _is_nome(value: object) -> bool:
    # Printable excludes NUL, which PostgreSQL cannot store, and lone surrogates, which UTF-8 cannot write.
    return isinstance(value, str) and bool(value.strip()) and len(value) <= MAX_NOME and value.isprintable()
