"""What a request must look like; every faulty field is named."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ITENS = 50
MAX_QUANTIDADE = 10_000
MAX_PRECO = 1_000_000_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\Z")
_CHAVE = re.compile(r"[\x21-\x7e]{1,255}\Z")


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty field of a request."""

    field: str
    message: str


class InvalidRequestError(Exception):
    """The request is not valid.

    Attributes:
        faults: every field that is wrong.
    """

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order; the price is that of one piece, in cents."""

    sku: str
    quantidade: int
    preco_centavos: int


@dataclass(frozen=True, slots=True)
class NovoPedido:
    """An order that a client asks for."""

    cliente_id: str
    itens: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Pagina:
    """A page of a customer's orders.

    Attributes:
        inicio: where it begins: the key after which to read, or None.
    """

    cliente_id: str
    limite: int
    inicio: dict[str, Any] | None


def parse_body(text: str | None) -> Mapping[str, Any]:
    """Return the JSON object in a body.

    Raises:
        InvalidRequestError: there is none.
    """
    try:
        body = json.loads(text or "")
    except (ValueError, RecursionError):
        raise InvalidRequestError([Fault("body", "must be JSON")]) from None
    if not isinstance(body, dict):
        raise InvalidRequestError([Fault("body", "must be an object")])
    return body


def parse_chave(chave: str | None) -> str | None:
    """Return the Idempotency-Key, or None.

    Raises:
        InvalidRequestError: it has the wrong form.
    """
    if chave is not None and not _CHAVE.match(chave):
        raise InvalidRequestError(
            [Fault("Idempotency-Key", "must have 1 to 255 printable ASCII characters without spaces")]
        )
    return chave


def parse_novo(body: Mapping[str, Any]) -> NovoPedido:
    """Return the order that a body asks for.

    Raises:
        InvalidRequestError: fields are missing, wrong or unknown.
    """
    faults = [Fault(name, "is not known") for name in sorted(set(body) - {"clienteId", "itens"})]
    cliente = body.get("clienteId")
    if not isinstance(cliente, str) or not _ID.match(cliente):
        faults.append(Fault("clienteId", "must be a text of 1 to 64 letters, digits and ._:-"))
    itens = body.get("itens")
    parsed: list[Item] = []
    if not isinstance(itens, list) or not 1 <= len(itens) <= MAX_ITENS:
        faults.append(Fault("itens", f"must be a list of 1 to {MAX_ITENS} items"))
    else:
        for number, given in enumerate(itens):
            item = _item(given, f"itens[{number}]", faults)
            if item is not None:
                parsed.append(item)
    if faults:
        raise InvalidRequestError(faults)
    return NovoPedido(str(cliente), tuple(parsed))


def _item(given: Any, where: str, faults: list[Fault]) -> Item | None:
    if not isinstance(given, dict):
        faults.append(Fault(where, "must be an object"))
        return None
    before = len(faults)
    known = {"sku", "quantidade", "precoCentavos"}
    faults += [Fault(f"{where}.{name}", "is not known") for name in sorted(set(given) - known)]
    sku = given.get("sku")
    if not isinstance(sku, str) or not _ID.match(sku):
        faults.append(Fault(f"{where}.sku", "must be a text of 1 to 64 letters, digits and ._:-"))
    for name, least, most in (("quantidade", 1, MAX_QUANTIDADE), ("precoCentavos", 0, MAX_PRECO)):
        value = given.get(name)
        if type(value) is not int or not least <= value <= most:
            faults.append(Fault(f"{where}.{name}", f"must be a whole number from {least} to {most}"))
    return None if len(faults) > before else Item(sku, given["quantidade"], given["precoCentavos"])


def parse_lista(query: Mapping[str, str]) -> Pagina:
    """Return the page that a query string asks for.

    Raises:
        InvalidRequestError: parameters are missing, wrong or unknown.
    """
    faults = [
        Fault(name, "is not known") for name in sorted(set(query) - {"clienteId", "limite", "nextToken"})
    ]
    cliente = query.get("clienteId", "")
    if not _ID.match(cliente):
        faults.append(Fault("clienteId", "must be a text of 1 to 64 letters, digits and ._:-"))
    limite = query.get("limite", "20")
    if not limite.isdecimal() or not 1 <= int(limite) <= 100:
        faults.append(Fault("limite", "must be a whole number from 1 to 100"))
    inicio = None
    if "nextToken" in query:
        inicio = _inicio(query["nextToken"], cliente)
        if inicio is None:
            faults.append(Fault("nextToken", "is not one that this list gave for this customer"))
    if faults:
        raise InvalidRequestError(faults)
    return Pagina(cliente, int(limite), inicio)


def _inicio(token: str, cliente: str) -> dict[str, Any] | None:
    """The key in a token, if it is one of the customer's."""
    try:
        key = json.loads(urlsafe_b64decode(token.encode()))
        names = {name: value["S"] for name, value in key.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if set(names) != {"pk", "sk", "clientePk", "clienteSk"} or names["clientePk"] != f"CLIENTE#{cliente}":
        return None
    return {name: {"S": str(value)} for name, value in names.items()}
