"""The routes of the billing service: HTTP in, HTTP out; rules and storage are elsewhere."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

import psycopg
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from repository import ChaveReutilizadaError, Nota, NotasFiscais
from validation import (
    Fault,
    InvalidRequestError,
    parse_body,
    parse_chave,
    parse_filtro,
    parse_nova_nota,
    parse_uuid,
)


def build_api(notas: NotasFiscais, logger: Logger) -> APIGatewayRestResolver:
    """Return the resolver of the service's routes."""
    app = APIGatewayRestResolver(
        cors=CORSConfig(
            allow_origin=os.environ.get("CORS_ORIGIN", "*"),
            allow_headers=["Content-Type", "Idempotency-Key"],
            expose_headers=["Location"],
        )
    )

    @app.post("/api/v1/notas")
    def criar() -> Response[str]:
        chave, items = _read_nova_nota(app)
        nota_fiscal_id = notas.criar(items, chave)
        logger.info("invoice accepted", extra={"notaFiscalId": str(nota_fiscal_id), "items": len(items)})
        # Always the answer of the first time, so that a repeated request cannot be told from it.
        body = {"notaFiscalId": str(nota_fiscal_id), "status": "PENDING"}
        return _json(201, body, {"Location": f"/api/v1/notas/{nota_fiscal_id}"})

    @app.get("/api/v1/notas")
    def listar() -> Response[str]:
        page, cursor = notas.listar(parse_filtro(app.current_event.query_string_parameters or {}))
        return _json(200, {"notas": [_nota(nota) for nota in page], "nextToken": cursor and cursor.encode()})

    @app.get("/api/v1/notas/<nota_fiscal_id>")
    def consultar(nota_fiscal_id: str) -> Response[str]:
        # What is not a UUID cannot be the id of an invoice: unknown, not malformed.
        identifier = parse_uuid(nota_fiscal_id)
        nota = notas.consultar(identifier) if identifier else None
        if nota is None:
            return _json(404, {"message": f"There is no invoice {nota_fiscal_id}."})
        return _json(200, _nota(nota))

    @app.get("/health")
    def health() -> Response[str]:
        notas.ping()
        return _json(200, {"status": "ok", "service": "faturamento", "database": "ok"})

    @app.exception_handler(InvalidRequestError)
    def invalid(error: InvalidRequestError) -> Response[str]:
        errors = [{"field": fault.field, "message": fault.message} for fault in error.faults]
        return _json(400, {"message": "The request is not valid.", "errors": errors})

    @app.exception_handler(ChaveReutilizadaError)
    def reused(_error: ChaveReutilizadaError) -> Response[str]:
        return _json(422, {"message": "This Idempotency-Key was already used with another request."})

    @app.exception_handler(psycopg.OperationalError)
    def unavailable(error: psycopg.OperationalError) -> Response[str]:
        logger.error("database unavailable: %s", error)
        return _json(503, {"message": "The database is not available; try again."}, {"Retry-After": "5"})

    return app


def _read_nova_nota(app: APIGatewayRestResolver) -> tuple[str | None, list[Any]]:
    """Return key and lines of the request, with the faults of both together."""
    faults: list[Fault] = []
    chave: str | None = None
    items: list[Any] = []
    try:
        chave = parse_chave(app.current_event.headers.get("Idempotency-Key"))
    except InvalidRequestError as error:
        faults += error.faults
    try:
        items = parse_nova_nota(parse_body(_body(app)))
    except InvalidRequestError as error:
        faults += error.faults
    if faults:
        raise InvalidRequestError(faults)
    return chave, items


def _body(app: APIGatewayRestResolver) -> str | None:
    try:
        return app.current_event.decoded_body
    except ValueError as error:
        raise InvalidRequestError([Fault("body", f"is not UTF-8 text: {error}")]) from None


def _nota(nota: Nota) -> dict[str, Any]:
    return {
        "notaFiscalId": str(nota.nota_fiscal_id),
        "status": nota.status,
        "items": [{"produtoId": str(item.produto_id), "quantidade": item.quantidade} for item in nota.items],
        "criadaEm": _moment(nota.criada_em),
        "reservaId": str(nota.reserva_id) if nota.reserva_id else None,
        "confirmadaEm": _moment(nota.confirmada_em),
        "erroCodigo": nota.erro_codigo,
        "erroMensagem": nota.erro_mensagem,
        "erroTimestamp": _moment(nota.erro_timestamp),
    }


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


def _json(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps(body, ensure_ascii=False),
        headers=headers,
    )
