"""The routes of the stock service: HTTP in, HTTP out; rules and storage are elsewhere."""

from __future__ import annotations

import json
import os
from typing import Any

import psycopg
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from repository import Estoque, Produto, ProdutoExistenteError
from validation import Fault, InvalidRequestError, parse_body, parse_novo_produto, parse_pagina, parse_uuid


def build_api(estoque: Estoque, logger: Logger) -> APIGatewayRestResolver:
    """Return the resolver of the service's routes."""
    app = APIGatewayRestResolver(
        cors=CORSConfig(
            allow_origin=os.environ.get("CORS_ORIGIN", "*"),
            allow_headers=["Content-Type"],
            expose_headers=["Location"],
        )
    )

    @app.get("/api/v1/produtos")
    def listar() -> Response[str]:
        produtos, depois_de = estoque.listar(parse_pagina(app.current_event.query_string_parameters or {}))
        next_token = str(depois_de) if depois_de else None
        return _json(200, {"produtos": [_produto(produto) for produto in produtos], "nextToken": next_token})

    @app.get("/api/v1/produtos/<produto_id>")
    def consultar(produto_id: str) -> Response[str]:
        # What is not a UUID cannot be the id of a product: unknown, not malformed.
        identifier = parse_uuid(produto_id)
        produto = estoque.consultar(identifier) if identifier else None
        if produto is None:
            return _json(404, {"message": f"There is no product {produto_id}."})
        return _json(200, _produto(produto))

    @app.post("/api/v1/produtos")
    def criar() -> Response[str]:
        produto = estoque.criar(parse_novo_produto(parse_body(_body(app))))
        logger.info("product created", extra={"produtoId": str(produto.produto_id)})
        return _json(201, _produto(produto), {"Location": f"/api/v1/produtos/{produto.produto_id}"})

    @app.exception_handler(InvalidRequestError)
    def invalid(error: InvalidRequestError) -> Response[str]:
        errors = [{"field": fault.field, "message": fault.message} for fault in error.faults]
        return _json(400, {"message": "The request is not valid.", "errors": errors})

    @app.exception_handler(ProdutoExistenteError)
    def exists(error: ProdutoExistenteError) -> Response[str]:
        return _json(409, {"message": f"There is a product {error} already."})

    @app.exception_handler(psycopg.OperationalError)
    def unavailable(error: psycopg.OperationalError) -> Response[str]:
        logger.error("database unavailable: %s", error)
        return _json(503, {"message": "The database is not available; try again."}, {"Retry-After": "5"})

    return app


def _body(app: APIGatewayRestResolver) -> str | None:
    try:
        return app.current_event.decoded_body
    except ValueError as error:
        raise InvalidRequestError([Fault("body", f"is not UTF-8 text: {error}")]) from None


def _produto(produto: Produto) -> dict[str, Any]:
    return {"produtoId": str(produto.produto_id), "nome": produto.nome, "quantidade": produto.quantidade}


def _json(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps(body, ensure_ascii=False),
        headers=headers,
    )
