"""Doubles a number, or fails when it is asked to."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if event.get("falhar"):
        raise ValueError("pediu para falhar")
    return {"dobro": event["numero"] * 2, "funcao": context.function_name}
