"""What a request may contain: every fault is collected, so that the caller corrects them all at once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

STATUSES = ("PENDING", "CONFIRMADA", "ERRO_ESTOQUE")
#: Lines of one invoice; the limit of the NF-e layout.
MAX_ITEMS = 990
#: Largest quantity of a line: the range of the column.
MAX_QUANTIDADE = 2_147_483_647
DEFAULT_LIMIT = 20
MAX_LIMIT = 100

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CHAVE = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Fault:
    """One faulty field, by its path in the request (`items[0].quantidade`), and what is wrong with it."""

    field: str
    message: str


class InvalidRequestError(Exception):
    """The request is refused; `faults` names every field."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Item:
    """One line of an invoice."""

    produto_id: UUID
    quantidade: int


@dataclass(frozen=True)
class Cursor:
    """Where a page of the list begins: after the invoice created then, with that id."""

    criada_em: datetime
    nota_fiscal_id: UUID

    def encode(self) -> str:
        """Return the cursor as an opaque token, safe in a URL."""
        text = f"{self.criada_em.isoformat()}|{self.nota_fiscal_id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Filtro:
    """What a list of invoices is restricted to; `de` is included in the period, `ate` is not."""

    status: str | None = None
    de: datetime | None = None
    ate: datetime | None = None
    limit: int = DEFAULT_LIMIT
    cursor: Cursor | None = None


def parse_uuid(text: object) -> UUID | None:
    """Return the UUID written in the usual hyphenated form, or None."""
    return UUID(text) if isinstance(text, str) and _UUID.fullmatch(text) else None


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


def parse_nova_nota(document: Any) -> list[Item]:
    """Return the lines of a new invoice; fields that are not known are ignored.

    Raises:
        InvalidRequestError: with every faulty field.
    """
    if not isinstance(document, dict):
        raise InvalidRequestError([Fault("body", "must be a JSON object")])
    lines = document.get("items")
    if not isinstance(lines, list):
        problem = "must be a list" if "items" in document else "is required"
        raise InvalidRequestError([Fault("items", problem)])
    if not 1 <= len(lines) <= MAX_ITEMS:
        raise InvalidRequestError([Fault("items", f"must have 1 to {MAX_ITEMS} entries, has {len(lines)}")])
    faults: list[Fault] = []
    items = [_item(f"items[{position}]", line, faults) for position, line in enumerate(lines)]
    if faults:
        raise InvalidRequestError(faults)
    return [item for item in items if item is not None]


def parse_chave(value: str | None) -> str | None:
    """Return the `Idempotency-Key` of a request, or None when it has none.

    Raises:
        InvalidRequestError: it is not 1 to 255 visible ASCII characters.
    """
    if value is not None and not _CHAVE.fullmatch(value):
        raise InvalidRequestError([Fault("Idempotency-Key", "must be 1 to 255 visible ASCII characters")])
    return value


def fingerprint(items: list[Item]) -> str:
    """Return the SHA-256 of what an invoice says, whatever its JSON's spacing, field order or letter case."""
    text = ";".join(f"{item.produto_id}={item.quantidade}" for item in items)
    return hashlib.sha256(text.encode()).hexdigest()


def parse_filtro(query: Mapping[str, str]) -> Filtro:
    """Return the filter that a query string describes.

    Raises:
        InvalidRequestError: with every faulty parameter, those that do not exist included.
    """
    faults = [
        Fault(name, f"is not a parameter of this list; it has {', '.join(_PARAMETERS)}")
        for name in query
        if name not in _PARAMETERS
    ]
    filtro = Filtro(
        status=_status(query.get("status"), faults),
        de=_moment("de", query.get("de"), faults),
        ate=_moment("ate", query.get("ate"), faults),
        limit=_limit(query.get("limit"), faults),
        cursor=_cursor(query.get("nextToken"), faults),
    )
    if filtro.de and filtro.ate and filtro.de >= filtro.ate:
        faults.append(Fault("ate", "must be later than de"))
    if faults:
        raise InvalidRequestError(faults)
    return filtro


_PARAMETERS = ("status", "de", "ate", "limit", "nextToken")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _item(path: str, line: Any, faults: list[Fault]) -> Item | None:
    if not isinstance(line, dict):
        faults.append(Fault(path, "must be an object with produtoId and quantidade"))
        return None
    produto_id = parse_uuid(line.get("produtoId"))
    if produto_id is None:
        problem = "must be a UUID" if "produtoId" in line else "is required"
        faults.append(Fault(f"{path}.produtoId", problem))
    quantidade = line.get("quantidade")
    # bool is an int to Python and not to JSON.
    whole = isinstance(quantidade, int) and not isinstance(quantidade, bool)
    if not whole or not 1 <= quantidade <= MAX_QUANTIDADE:
        problem = (
            f"must be a whole number from 1 to {MAX_QUANTIDADE}" if "quantidade" in line else "is required"
        )
        faults.append(Fault(f"{path}.quantidade", problem))
        return None
    return Item(produto_id, quantidade) if produto_id else None


def _status(value: str | None, faults: list[Fault]) -> str | None:
    if value is not None and value not in STATUSES:
        faults.append(Fault("status", f"must be one of {', '.join(STATUSES)}"))
    return value


def _moment(name: str, value: str | None, faults: list[Fault]) -> datetime | None:
    if value is None:
        return None
    try:
        # An unescaped + of an offset reaches us as a space.
        moment = datetime.fromisoformat(value.replace(" ", "+"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        faults.append(Fault(name, "must be an ISO 8601 date or time, for example 2026-01-12T10:30:00Z"))
        return None


def _limit(value: str | None, faults: list[Fault]) -> int:
    if value is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,4}", value) or not 1 <= int(value) <= MAX_LIMIT:
        faults.append(Fault("limit", f"must be a whole number from 1 to {MAX_LIMIT}"))
        return DEFAULT_LIMIT
    return int(value)


def _cursor(value: str | None, faults: list[Fault]) -> Cursor | None:
    if value is None:
        return None
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True).decode()
        moment, _, nota_fiscal_id = text.partition("|")
        criada_em = datetime.fromisoformat(moment)
        if criada_em.tzinfo is None:
            raise ValueError("a cursor carries its time zone")
        return Cursor(criada_em, UUID(nota_fiscal_id))
    except (ValueError, binascii.Error):
        faults.append(Fault("nextToken", "is not a token that this list gave out"))
        return None
