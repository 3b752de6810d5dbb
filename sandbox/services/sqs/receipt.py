"""Receipt handles: opaque to clients; queue, message and nonce of one receive inside."""

from __future__ import annotations

import binascii
import struct
from base64 import b64decode, b64encode

import msgspec

from sandbox.model.sqs_errors import invalid_receipt_handle, missing

#: Handles of AWS begin with these bytes too ("AQEB" in base64).
_PREFIX = b"\x01\x01\x01"
_LAYOUT = struct.Struct(">QQQ")
_LENGTH = 36


class Receipt(msgspec.Struct, frozen=True):
    """What a handle stands for: the queue's row id, the message's, and the nonce of the receive.

    Of a message in a FIFO queue it is the sequence number: row ids are used again, and a handle of a message
    that was deleted must not be taken for an expired one of another.
    """

    queue: int
    message: int
    nonce: int

    def handle(self) -> str:
        """The text that clients get."""
        return b64encode(_PREFIX + _LAYOUT.pack(self.queue, self.message, self.nonce)).decode()


def parse_receipt(handle: str | None, queue: int) -> Receipt:
    """Reads a handle that ReceiveMessage of `queue` (its row id) gave.

    Raises:
        AwsError: MissingParameter, or ReceiptHandleIsInvalid: nothing that this queue gave.
    """
    if not handle:
        raise missing("ReceiptHandle")
    try:
        raw = b64decode(handle, validate=True) if len(handle) == _LENGTH else b""
    except (binascii.Error, ValueError):
        raw = b""
    if not raw.startswith(_PREFIX):
        raise invalid_receipt_handle(handle)
    receipt = Receipt(*_LAYOUT.unpack(raw[len(_PREFIX) :]))
    if receipt.queue != queue or max(receipt.message, receipt.nonce) >= 1 << 63:
        raise invalid_receipt_handle(handle)
    return receipt
