"""The routes of the orders service: HTTP in, HTTP out; rules and storage are elsewhere."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from botocore.exceptions import BotoCoreError, ClientError
from repository import ChaveReutilizadaError, NaoCancelavelError, Pedido, Pedidos
from validation import (
    Fault,
    InvalidRequestError,
    NovoPedido,
    parse_body,
    parse_chave,
    parse_lista,
    parse_novo,
)


def build_api(pedidos: Pedidos, logger: Logger) -> APIGatewayHttpResolver:
    """Return the resolver of the service's routes."""
    app = APIGatewayHttpResolver()

    @app.post("/pedidos")
    def criar() -> Response[str]:
        chave, novo = _read_novo(app)
        pedido = pedidos.criar(novo, chave)
        # At full load a line for every order would cost more than the order; the worker logs each by its id.
        logger.debug("order received", extra={"pedidoId": pedido.pedido_id, "itens": len(pedido.itens)})
        # Always the answer of the first time, so that a repeated request cannot be told from it.
        body = {"pedidoId": pedido.pedido_id, "status": "RECEBIDO"}
        return _json(201, body, {"Location": f"/pedidos/{pedido.pedido_id}"})

    @app.get("/pedidos/<pedido_id>")
    def consultar(pedido_id: str) -> Response[str]:
        pedido = pedidos.consultar(pedido_id)
        return _missing(pedido_id) if pedido is None else _json(200, _shown(pedido))

    @app.get("/pedidos")
    def listar() -> Response[str]:
        pagina = parse_lista(app.current_event.query_string_parameters or {})
        found, proximo = pedidos.listar(pagina)
        return _json(200, {"pedidos": [_shown(pedido) for pedido in found], "nextToken": proximo})

    @app.post("/pedidos/<pedido_id>/cancelamento")
    def cancelar(pedido_id: str) -> Response[str]:
        pedido = pedidos.cancelar(pedido_id)
        return _missing(pedido_id) if pedido is None else _json(200, _shown(pedido))

    @app.exception_handler(InvalidRequestError)
    def invalid(error: InvalidRequestError) -> Response[str]:
        errors = [{"field": fault.field, "message": fault.message} for fault in error.faults]
        return _json(400, {"message": "The request is not valid.", "errors": errors})

    @app.exception_handler(ChaveReutilizadaError)
    def reused(_error: ChaveReutilizadaError) -> Response[str]:
        return _json(422, {"message": "This Idempotency-Key was already used with another request."})

    @app.exception_handler(NaoCancelavelError)
    def settled(error: NaoCancelavelError) -> Response[str]:
        return _json(409, {"message": f"The order is {error.status} and cannot be cancelled any more."})

    @app.exception_handler([ClientError, BotoCoreError])
    def unavailable(error: Exception) -> Response[str]:
        logger.error("table unavailable: %s", error)
        return _json(503, {"message": "The order could not be taken; try again."}, {"Retry-After": "1"})

    return app


def _read_novo(app: APIGatewayHttpResolver) -> tuple[str | None, NovoPedido]:
    """Return key and order of the request, with the faults of both together."""
    faults: list[Fault] = []
    chave: str | None = None
    novo: NovoPedido | None = None
    try:
        chave = parse_chave(app.current_event.headers.get("idempotency-key"))
    except InvalidRequestError as error:
        faults += error.faults
    try:
        novo = parse_novo(parse_body(_body(app)))
    except InvalidRequestError as error:
        faults += error.faults
    if faults or novo is None:
        raise InvalidRequestError(faults)
    return chave, novo


def _body(app: APIGatewayHttpResolver) -> str | None:
    try:
        return app.current_event.decoded_body
    except ValueError as error:
        raise InvalidRequestError([Fault("body", f"is not UTF-8 text: {error}")]) from None


def _shown(pedido: Pedido) -> dict[str, Any]:
    return {
        "pedidoId": pedido.pedido_id,
        "clienteId": pedido.cliente_id,
        "status": pedido.status,
        "itens": [
            {"sku": item.sku, "quantidade": item.quantidade, "precoCentavos": item.preco_centavos}
            for item in pedido.itens
        ],
        "totalCentavos": pedido.total_centavos,
        "criadoEm": pedido.criado_em,
        "processadoEm": pedido.processado_em,
        "canceladoEm": pedido.cancelado_em,
    }


def _missing(pedido_id: str) -> Response[str]:
    return _json(404, {"message": f"There is no order {pedido_id}."})


def _json(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps(body, ensure_ascii=False),
        headers=headers,
    )
