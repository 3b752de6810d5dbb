"""Errors of services in the terms of their models: the exception shape, its code, its status, its members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.wire.model import ErrorTrait, ServiceModel, Shape
from sandbox.wire.sqsquery import ERROR_CODES, ERROR_STATUS

#: Services whose JSON errors carry a namespace.
_NAMESPACES = {
    "sqs": "com.amazonaws.sqs#",
    "dynamodb": "com.amazonaws.dynamodb.v20120810#",
    "stepfunctions": "",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error ready to be written.

    Attributes:
        name: name of the exception shape (`QueueDoesNotExist`), or the code where the model has none.
        code: what clients of the query protocols switch on (`AWS.SimpleQueueService.NonExistentQueue`).
        qualified: the name as the service's JSON has it.
        message_member: how the shape calls the message.
        shape: the exception shape, if there is one.
    """

    name: str
    code: str
    qualified: str
    status: int
    message: str
    message_member: str
    fields: dict[str, Any]
    shape: Shape | None

    @property
    def kind(self) -> str:
        """Who is to blame: `Sender` or `Receiver`."""
        return "Sender" if self.status < 500 else "Receiver"


class Faults:
    """Finds the exception shapes of one service."""

    def __init__(self, service: str, model: ServiceModel) -> None:
        self._service = service
        self._shapes = {name: shape for name, shape in model.shapes.items() if shape.exception or shape.error}
        self._codes: dict[str, str] = {}
        for name, shape in self._shapes.items():
            trait = shape.error or ErrorTrait()
            self._codes.setdefault(trait.code or name, name)
        if service == "sqs":
            self._codes |= {code: name for name, code in ERROR_CODES.items()}

    def fault(self, error: AwsError) -> Fault:
        """The error in the service's terms; it may name the shape or the query protocol's code."""
        name = error.code if error.code in self._shapes else self._codes.get(error.code, error.code)
        shape = self._shapes.get(name)
        trait = (shape.error if shape else None) or ErrorTrait()
        code, status = trait.code or name, trait.http_status_code or error.status
        if self._service == "sqs":
            code = ERROR_CODES.get(name, code)
            status = ERROR_STATUS.get(name, status)
        message_member = next(
            (member for member in (shape.members if shape else ()) if member.lower() == "message"), "message"
        )
        return Fault(
            name=name,
            code=code,
            qualified=_NAMESPACES.get(self._service, "") + name,
            status=status,
            message=error.message,
            message_member=message_member,
            fields=dict(error.fields),
            shape=shape,
        )
