"""Names, ids, times and bodies that the canned things share."""

from __future__ import annotations

import json

#: 2026-03-01 12:00:00 UTC.
NOW = 1772366400.0


ENDPOINT = "http://127.0.0.1:4566"


BUS = "nfe-events-dev"


_ARN = "arn:aws:{}:us-east-1:000000000000:{}"


HOSTILE = "\x1b[2J\x1b]52;c;ZXZpbA==\x07[red]not red[/red] \u202egnp.exe\x00"


def arn(service: str, name: str) -> str:
    """An ARN of the default account."""
    return _ARN.format(service, name)


def nota(number: int) -> str:
    """The id of an invoice."""
    return f"7f6c2a0e-3c1f-4f0e-9c57-{number:012d}"


def event(number: int, kind: str = "NotaFiscalCriada") -> str:
    """The body of an event about an invoice."""
    return json.dumps(
        {
            "version": "0",
            "id": f"e-{number:04d}",
            "detail-type": kind,
            "source": "nfe.faturamento",
            "detail": {
                "notaFiscalId": nota(number),
                "itens": [{"produtoId": "p-1", "quantidade": number % 7 + 1}],
            },
        },
        separators=(",", ":"),
    )
