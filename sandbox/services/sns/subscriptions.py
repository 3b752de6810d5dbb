"""Subscriptions in the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.model.arn import Arn, subscription_arn, topic_arn
from sandbox.model.scope import Scope
from sandbox.model.sns_filters import ATTRIBUTES, FilterPolicy
from sandbox.model.sns_subscriptions import retries
from sandbox.store.database import Database

_SELECT = (
    "SELECT s.*, t.account, t.region, t.name AS topic_name, t.attributes AS topic_attributes"
    " FROM sns_subscriptions AS s JOIN sns_topics AS t ON t.id = s.topic"
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription as it is stored.

    Attributes:
        topic_id: row of its topic. owner: the account that subscribed.
        token: what confirms it; None when it is confirmed.
        signed: whether who confirmed it signed the request.
        guarded: whether only who signs may end it.
    """

    id: int
    topic_id: int
    topic: Arn
    topic_attributes: Mapping[str, str]
    identity: str
    protocol: str
    endpoint: str
    owner: str
    attributes: Mapping[str, str]
    token: str | None
    signed: bool
    guarded: bool
    filter: FilterPolicy | None

    @property
    def arn(self) -> Arn:
        """Its ARN."""
        return subscription_arn(self.topic, self.identity)

    @property
    def raw(self) -> bool:
        """Whether its endpoint gets messages as they were published."""
        return self.attributes.get("RawMessageDelivery") == "true"

    def delay(self, attempts: int) -> float | None:
        """Seconds until the next try after so many failed ones; None when there is none."""
        own, topics = self.attributes.get("DeliveryPolicy"), self.topic_attributes.get("DeliveryPolicy")
        return retries(self.protocol, own, topics).delay(attempts)


class SubscriptionStore:
    """The subscriptions of all topics.

    Args:
        database: holds the truth. Parsed rows are kept, and used only while the row is still the same.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._parsed: dict[int, tuple[tuple[object, ...], Subscription]] = {}

    def of_topic(self, topic: int) -> list[Subscription]:
        """The subscriptions of a topic (its row), in the order in which they were made."""
        return self._read(f"{_SELECT} WHERE s.topic = ? ORDER BY s.id", topic)

    def of_scope(self, scope: Scope) -> list[Subscription]:
        """The subscriptions of an account and region, in the order in which they were made."""
        return self._read(
            f"{_SELECT} WHERE t.account = ? AND t.region = ? ORDER BY s.id", scope.account, scope.region
        )

    def find(self, identity: str) -> Subscription | None:
        """The subscription of that id (the last part of its ARN), or None."""
        return next(iter(self._read(f"{_SELECT} WHERE s.identity = ?", identity)), None)

    def same(self, topic: int, protocol: str, endpoint: str) -> Subscription | None:
        """The subscription of an endpoint to a topic, or None."""
        sql = f"{_SELECT} WHERE s.topic = ? AND s.protocol = ? AND s.endpoint = ?"
        return next(iter(self._read(sql, topic, protocol, endpoint)), None)

    def by_token(self, topic: int, token: str) -> Subscription | None:
        """The subscription to a topic that a token confirms, or None."""
        sql = f"{_SELECT} WHERE s.topic = ? AND s.token = ?"
        return next(iter(self._read(sql, topic, token)), None)

    def create(
        self,
        topic: int,
        identity: str,
        protocol: str,
        endpoint: str,
        owner: str,
        attributes: Mapping[str, str],
        token: str | None,
    ) -> None:
        """Stores a new subscription."""
        self._database.execute(
            "INSERT INTO sns_subscriptions (topic, identity, protocol, endpoint, owner, attributes, token)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (topic, identity, protocol, endpoint, owner, json.dumps(dict(attributes)), token),
        )

    def set_attributes(self, subscription: Subscription, attributes: Mapping[str, str]) -> None:
        """Replaces the attributes of a subscription."""
        self._database.execute(
            "UPDATE sns_subscriptions SET attributes = ? WHERE id = ?",
            (json.dumps(dict(attributes)), subscription.id),
        )

    def confirm(self, subscription: Subscription, *, signed: bool, guarded: bool) -> None:
        """Notes that the endpoint wants the messages."""
        self._database.execute(
            "UPDATE sns_subscriptions SET token = NULL, signed = ?, guarded = ? WHERE id = ?",
            (signed, guarded, subscription.id),
        )

    def delete(self, subscription: Subscription) -> None:
        """Deletes a subscription."""
        self._database.execute("DELETE FROM sns_subscriptions WHERE id = ?", (subscription.id,))
        self._parsed.pop(subscription.id, None)

    def _read(self, sql: str, *values: object) -> list[Subscription]:
        return [self._subscription(row) for row in self._database.rows(sql, values)]

    def _subscription(self, row: sqlite3.Row) -> Subscription:
        key = tuple(row)
        known = self._parsed.get(row["id"])
        if known is not None and known[0] == key:
            return known[1]
        attributes = json.loads(row["attributes"])
        policy, filters = attributes.get("FilterPolicy"), attributes.get("FilterPolicyScope") or ATTRIBUTES
        parsed = Subscription(
            id=row["id"],
            topic_id=row["topic"],
            topic=topic_arn(Scope(row["account"], row["region"]), row["topic_name"]),
            topic_attributes=json.loads(row["topic_attributes"]),
            identity=row["identity"],
            protocol=row["protocol"],
            endpoint=row["endpoint"],
            owner=row["owner"],
            attributes=attributes,
            token=row["token"],
            signed=bool(row["signed"]),
            guarded=bool(row["guarded"]),
            filter=FilterPolicy(policy, filters) if policy else None,
        )
        self._parsed[row["id"]] = (key, parsed)
        return parsed
