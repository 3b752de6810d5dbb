"""Whether what a fault is chosen by is there: a slip of a name would have it wait for ever.

A pattern (`nfe-*`) means what will be there; anything else must be there when the fault is planned. Detail
types of events and ids of accounts are free: nobody declares them.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.deploy.suggest import did_you_mean
from sandbox.errors import UsageError
from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.faults import is_named
from sandbox.model.scope import DEFAULT_ACCOUNT, Scope
from sandbox.session.present import ask_all
from sandbox.session.wires import notifying

if TYPE_CHECKING:
    from sandbox.session.session import Session

_API = "execute-api"
_PATTERN = re.compile(r"[*?\[]")
_ROUTE = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /\S*")
_MARKER, _NEXT = ("Marker", "NextMarker"), ("NextToken", "NextToken")
_SHOWN = 8


async def must_be_known(session: Session, match: Mapping[str, str]) -> None:
    """Refuses names of what is not there, unless they are patterns.

    Args:
        match: what a fault is chosen by, see `sandbox.model.faults.MATCHES`.

    Raises:
        UsageError: with the nearest name that is there.
    """
    service = match.get("service", "")
    if named(service):
        known_services = session.gateway.wire.models
        if service != _API and service not in known_services:
            raise _unknown("service", service, [_API, *known_services], "`sandbox services` lists them")
    if named(match.get("operation", "")):
        _must_be_operation(session, service, match["operation"])
    for fact, names in _LISTS.items():
        wanted = match.get(fact, "")
        if named(wanted):
            there = await names(session, _scope(wanted, match), service)
            if there is not None and not any(is_named(one, wanted) for one in there):
                raise _unknown(fact, wanted, there, _remedy(fact, wanted))


async def must_be_python(session: Session, match: Mapping[str, str]) -> None:
    """Refuses a wrong clock for functions whose runtime cannot be told a wrong time.

    Raises:
        UsageError: names the function and its runtime.
    """
    wanted = match.get("function", "*")
    for function in await _configurations(session, _scope(wanted, match)):
        if is_named(function["FunctionArn"], wanted) and not function["Runtime"].startswith("python"):
            raise UsageError(
                f"the clock of {function['FunctionName']} cannot be set wrong",
                f"its runtime is {function['Runtime']}, and only Python's clock can be replaced",
                "name Python functions alone",
            )


def named(wanted: str) -> bool:
    """Whether this is a name, and neither nothing nor a pattern."""
    return bool(wanted) and not _PATTERN.search(wanted)


def _must_be_operation(session: Session, service: str, wanted: str) -> None:
    if service == _API or (not service and "/" in wanted):
        if not _ROUTE.fullmatch(wanted) or "{" in wanted:
            raise UsageError(
                f"{wanted} is no request of a deployed API",
                "a request has a method and the path that clients use, without the stage",
                "write it as POST /notas, with * for what varies: GET /notas/*",
            )
        return
    models = session.gateway.wire.models
    # Without a service: those that are here; to look into all of AWS takes seconds.
    asked = [service] if named(service) else [name for name in session.engine.services if name in models]
    known = {operation for name in asked for operation in models[name].operations}
    if wanted not in known:
        where = f"`sandbox services {service}` lists them" if service else "name its service with --service"
        raise _unknown("operation", wanted, known, where)


# --- what is there -----------------------------------------------------------------------------------
async def _configurations(session: Session, scope: Scope) -> list[dict[str, Any]]:
    return await ask_all(session, "lambda", "ListFunctions", {}, "Functions", token=_MARKER, scope=scope)


async def _functions(session: Session, scope: Scope, _service: str = "") -> list[str]:
    return [function["FunctionArn"] for function in await _configurations(session, scope)]


async def _queues(session: Session, scope: Scope, _service: str = "") -> list[str]:
    params = {"MaxResults": 1000}
    urls = await ask_all(session, "sqs", "ListQueues", params, "QueueUrls", scope=scope)
    return [f"arn:aws:sqs:{scope.region}:{scope.account}:{url.rsplit('/', 1)[-1]}" for url in urls]


async def _buses(session: Session, scope: Scope) -> list[str]:
    found = await ask_all(session, "events", "ListEventBuses", {}, "EventBuses", scope=scope)
    return [bus["Arn"] for bus in found]


async def _rules(session: Session, scope: Scope, _service: str = "") -> list[str]:
    found = []
    for bus in await _buses(session, scope):
        params = {"EventBusName": bus}
        rules = await ask_all(session, "events", "ListRules", params, "Rules", scope=scope)
        found += [rule["Arn"] for rule in rules]
    return found


async def _targets(session: Session, scope: Scope, _service: str = "") -> list[str]:
    """What rules, topics and buckets deliver to."""
    found = [target for told in notifying(session, scope).values() for target in told]
    for rule in await _rules(session, scope):
        bus, _, name = rule.partition(":rule/")[2].rpartition("/")
        params = {"Rule": name, "EventBusName": bus or "default"}
        targets = await ask_all(session, "events", "ListTargetsByRule", params, "Targets", scope=scope)
        found += [target["Arn"] for target in targets]
    subscriptions = await ask_all(session, "sns", "ListSubscriptions", {}, "Subscriptions", scope=scope)
    return found + [one["Endpoint"] for one in subscriptions]


async def _tables(session: Session, scope: Scope) -> list[str]:
    token = ("ExclusiveStartTableName", "LastEvaluatedTableName")
    return await ask_all(session, "dynamodb", "ListTables", {}, "TableNames", token=token, scope=scope)


async def _topics(session: Session, scope: Scope) -> list[str]:
    return [one["TopicArn"] for one in await ask_all(session, "sns", "ListTopics", {}, "Topics", scope=scope)]


async def _groups(session: Session, scope: Scope) -> list[str]:
    token = ("nextToken", "nextToken")
    found = await ask_all(session, "logs", "DescribeLogGroups", {}, "logGroups", token=token, scope=scope)
    return [group["logGroupName"] for group in found]


async def _buckets(session: Session, scope: Scope) -> list[str]:
    return [
        bucket["Name"] for bucket in await ask_all(session, "s3", "ListBuckets", {}, "Buckets", scope=scope)
    ]


async def _apis(session: Session, scope: Scope) -> list[str]:
    token = ("position", "position")
    rest = await ask_all(session, "apigateway", "GetRestApis", {}, "items", token=token, scope=scope)
    http = await ask_all(session, "apigatewayv2", "GetApis", {}, "Items", token=_NEXT, scope=scope)
    return [api["id"] for api in rest] + [api["ApiId"] for api in http]


async def _event_resources(session: Session, scope: Scope) -> list[str]:
    return await _buses(session, scope) + await _rules(session, scope)


#: What the calls of a service are about. Services that are not here: nobody can list what they have.
_RESOURCES: Mapping[str, Callable[[Session, Scope], Awaitable[list[str]]]] = {
    "sqs": _queues,
    "lambda": _functions,
    "events": _event_resources,
    "dynamodb": _tables,
    "sns": _topics,
    "logs": _groups,
    "s3": _buckets,
    _API: _apis,
}
#: Whose resources the long tail lists, which is asked about the default scope only.
_OF_THE_LONG_TAIL = {"s3"}


async def _resources(session: Session, scope: Scope, service: str) -> list[str] | None:
    """What the calls of a service are about; None where that cannot be listed."""
    if service and service not in _RESOURCES:
        return None
    everywhere = {"", _API, *session.engine.services} - _OF_THE_LONG_TAIL
    if service not in everywhere and scope != Scope():
        return None  # the long tail is looked into in the default account alone
    found: list[str] = []
    # Without a service: whatever is here already; to ask the long tail may first have to start it.
    for name in [service] if service else sorted(everywhere - {""}):
        names = _RESOURCES.get(name)
        if names is None:
            continue
        try:
            found += await names(session, scope)
        except AwsError:
            return None  # another program does this service, and does not list them
    return found


_LISTS: Mapping[str, Callable[[Session, Scope, str], Awaitable[list[str] | None]]] = {
    "function": _functions,
    "queue": _queues,
    "rule": _rules,
    "target": _targets,
    "resource": _resources,
}


def _scope(wanted: str, match: Mapping[str, str]) -> Scope:
    """Where something is looked for: where its ARN says, or in the account that the fault is for."""
    account = match.get("account", "")
    if wanted.startswith("arn:"):
        arn = parse_arn(wanted)
        return Scope(arn.account or DEFAULT_ACCOUNT, arn.region or Scope().region)
    return Scope(account) if named(account) else Scope()


def _remedy(fact: str, wanted: str) -> str:
    return f"name a {fact} that is there, or write a pattern for one that will be: {wanted}*"


def _unknown(fact: str, wanted: str, there: Iterable[str], remedy: str) -> UsageError:
    known = sorted({_short(name) for name in there})
    few = f"there are: {', '.join(known)}" if len(known) <= _SHOWN else f"there are {len(known)} others"
    near = did_you_mean(_short(wanted), known)
    return UsageError(
        f"there is no {fact} {wanted}",
        f"{few if known else 'there is none'}; such a fault would never strike.{near}",
        remedy,
    )


def _short(name: str) -> str:
    """A name, or the last part of an ARN or URL."""
    return name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] if name.startswith(("arn:", "http")) else name
