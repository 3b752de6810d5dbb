"""Where a resource lives: an account and a region. Worlds of different scopes do not see each other."""

from __future__ import annotations

from functools import lru_cache

import msgspec

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"


class Scope(msgspec.Struct, frozen=True, order=True):
    """An AWS account (12 digits) and a region name."""

    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION


@lru_cache(maxsize=1024)
def scope_of(account: str, region: str) -> Scope:
    """The scope of an account and a region: one value for all who ask."""
    return Scope(account, region)
