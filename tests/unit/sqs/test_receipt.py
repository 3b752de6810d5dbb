"""Receipt handles go round, and nothing else passes for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError
from sandbox.services.sqs.receipt import Receipt, parse_receipt

NUMBERS = st.integers(0, (1 << 63) - 1)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_handle_goes_round(queue: int, message: int, nonce: int) -> None:
    receipt = Receipt(queue, message, nonce)
    assert receipt.handle().startswith("AQEB")
    assert parse_receipt(receipt.handle(), queue) == receipt


@given(st.text(min_size=1, max_size=60))
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AwsError, match="ReceiptHandleIsInvalid"):
        parse_receipt(text, 1)


def test_numbers_too_large_for_the_store_and_other_queues_are_refused() -> None:
    for receipt in (Receipt(1, 1 << 63, 1), Receipt(1, 1, 1 << 63), Receipt(2, 1, 1)):
        with pytest.raises(AwsError, match="ReceiptHandleIsInvalid"):
            parse_receipt(receipt.handle(), 1)


@pytest.mark.parametrize("handle", [None, ""])
def test_a_missing_handle(handle: str | None) -> None:
    with pytest.raises(AwsError, match="The request must contain the parameter ReceiptHandle"):
        parse_receipt(handle, 1)
