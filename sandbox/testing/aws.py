"""boto3, bound to the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_ACCOUNT = "000000000000"
_REGION = "us-east-1"


class Aws:
    """Makes boto3 clients and resources; each is made once.

    Args:
        endpoint: the front door.
        account: account id, also the access key that names it.
    """

    def __init__(self, endpoint: str, *, account: str = _ACCOUNT, region: str = _REGION) -> None:
        self.endpoint_url = endpoint
        self.account = account
        self.region = region
        self._session: Any = None
        self._made: dict[tuple[str, str], Any] = {}

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client; with options of your own it is a new one.

        Args:
            options: as `boto3.client` takes them.
        """
        return self._make("client", service, options)

    def resource(self, service: str, **options: Any) -> Any:
        """A boto3 resource; with options of your own it is a new one."""
        return self._make("resource", service, options)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point SDKs and command lines of other processes here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def close(self) -> None:
        """Closes what was made."""
        for (kind, _), made in self._made.items():
            (made if kind == "client" else made.meta.client).close()
        self._made.clear()

    def _make(self, kind: str, service: str, options: dict[str, Any]) -> Any:
        if (made := self._made.get((kind, service))) is not None and not options:
            return made
        import boto3
        from botocore.config import Config

        if self._session is None:
            # A session of its own: profiles, variables and regions of the machine do not reach it.
            self._session = boto3.session.Session(
                aws_access_key_id=self.account, aws_secret_access_key="sandbox", region_name=self.region
            )
        factory: Callable[..., Any] = getattr(self._session, kind)
        defaults = {
            "endpoint_url": self.endpoint_url,
            "config": Config(
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
                ignore_configured_endpoint_urls=True,
            ),
        }
        made = factory(service, **{**defaults, **options})
        if not options:
            self._made[kind, service] = made
        return made
