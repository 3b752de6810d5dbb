"""Says what it was sent."""


def handler(event: object, context: object) -> object:
    return {"recebido": event}
