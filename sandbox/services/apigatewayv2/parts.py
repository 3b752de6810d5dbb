"""What the operations work with: the tables, and rows by their ids as values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import msgspec

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.ports import Bindings, SigningKeys
from sandbox.model.scope import Scope
from sandbox.services.apigatewayv2.definition import Api, Authorizer, Definition, Deployment, Stage, view
from sandbox.services.apigatewayv2.live import LiveStage
from sandbox.services.base import Kit, Service

T = TypeVar("T")
_AUTOMATIC = "Automatic deployment triggered by changes to the Api configuration"


class HttpApiParts(Service):
    """Finds what is stored; the groups of operations build on it.

    Args:
        kit: what every service has.
        keys: whose tokens can be checked.
        bindings: replaces tokens in the issuers of JWT authorizers.
    """

    name: ClassVar[str] = "apigatewayv2"
    SCHEMA: ClassVar[str] = """
    CREATE TABLE IF NOT EXISTS apigatewayv2_apis (id TEXT PRIMARY KEY, account TEXT NOT NULL,
        region TEXT NOT NULL, body TEXT NOT NULL, definition TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigatewayv2_deployments (id TEXT PRIMARY KEY, api TEXT NOT NULL,
        created REAL NOT NULL, body TEXT NOT NULL, definition TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigatewayv2_stages (api TEXT NOT NULL, name TEXT NOT NULL,
        body TEXT NOT NULL, PRIMARY KEY (api, name)) WITHOUT ROWID;
    """

    def __init__(self, kit: Kit, keys: SigningKeys, bindings: Bindings) -> None:
        super().__init__(kit)
        self._keys = keys
        self._bindings = bindings
        self._live: dict[tuple[str, str], LiveStage] = {}
        #: The names of an API's stages: most paths begin with what is none.
        self._stage_names: dict[str, frozenset[str]] = {}
        self._ids: set[str] | None = None

    def has(self, api_id: str) -> bool:
        """Whether an API of that id is one of these: every request to a deployed API asks."""
        if self._ids is None:
            self._ids = {row["id"] for row in self.database.rows("SELECT id FROM apigatewayv2_apis")}
        return api_id in self._ids

    # --- reading -----------------------------------------------------------------------------------------
    def _api(self, scope: Scope, identity: str) -> Api:
        row = self.database.row(
            "SELECT body FROM apigatewayv2_apis WHERE id = ? AND account = ? AND region = ?",
            (identity, scope.account, scope.region),
        )
        if row is None:
            raise not_found("API", identity)
        return msgspec.json.decode(row["body"], type=Api)

    def _definition(self, api: Api) -> Definition:
        row = self.database.row("SELECT definition FROM apigatewayv2_apis WHERE id = ?", (api.api_id,))
        return msgspec.json.decode(row["definition"] if row else "{}", type=Definition)

    def _deployment(self, api: str, identity: str) -> Deployment:
        row = self.database.row(
            "SELECT body FROM apigatewayv2_deployments WHERE id = ? AND api = ?", (identity, api)
        )
        if row is None:
            raise not_found("Deployment", identity)
        return msgspec.json.decode(row["body"], type=Deployment)

    def _find_stage(self, api: str, name: str) -> Stage | None:
        row = self.database.row(
            "SELECT body FROM apigatewayv2_stages WHERE api = ? AND name = ?", (api, name)
        )
        return msgspec.json.decode(row["body"], type=Stage) if row else None

    def _stage(self, api: str, name: str) -> Stage:
        stage = self._find_stage(api, name)
        if stage is None:
            raise not_found("Stage", name)
        return stage

    def _stages(self, api: str) -> list[Stage]:
        rows = self.database.rows("SELECT body FROM apigatewayv2_stages WHERE api = ? ORDER BY name", (api,))
        return [msgspec.json.decode(row["body"], type=Stage) for row in rows]

    def _named(self, scope: Scope, arn: str) -> tuple[Api, Stage | None]:
        """The API or stage that an ARN names."""
        try:
            resource = parse_arn(arn).resource.lstrip("/")
        except ValueError as error:
            raise AwsError("BadRequestException", f"Invalid resource ARN: {arn}") from error
        kind, _, rest = resource.partition("/")
        identity, _, more = rest.partition("/")
        if kind != "apis" or (more and not more.startswith("stages/")):
            raise NotImplementedByName("apigatewayv2", f"tags of {resource}")
        api = self._api(scope, identity)
        return api, self._stage(identity, more.removeprefix("stages/")) if more else None

    def _deployed(self, api: str, stage: Stage) -> Definition | None:
        """What a stage serves, or None where nothing was deployed to it."""
        row = self.database.row(
            "SELECT definition FROM apigatewayv2_deployments WHERE api = ? AND id = ?",
            (api, stage.deployment_id or ""),
        )
        return msgspec.json.decode(row["definition"], type=Definition) if row else None

    def _check_issuer(self, authorizer: Authorizer) -> None:
        """Refuses issuers whose keys the sandbox does not fetch, by name."""
        jwt = authorizer.jwt_configuration
        if jwt is not None and not self._keys.is_known(self._bindings.expand(jwt.issuer)):
            raise AwsError(
                "NotImplemented",
                f"sandbox fetches the keys of issuers on this machine's loopback only, and {jwt.issuer} is "
                "elsewhere. Use its own issuer, {{sandbox:issuer}}, for which `sandbox token` makes tokens.",
                status=501,
            )

    # --- writing -----------------------------------------------------------------------------------------
    def _write_api(self, api: Api) -> None:
        self.database.execute(
            "UPDATE apigatewayv2_apis SET body = ? WHERE id = ?", (as_json(api), api.api_id)
        )
        self._forget(api.api_id)

    def _write_definition(self, api: Api, definition: Definition) -> None:
        """Stores what an API consists of, and deploys it to the stages that ask for that."""
        self.database.execute(
            "UPDATE apigatewayv2_apis SET definition = ? WHERE id = ?", (as_json(definition), api.api_id)
        )
        waiting = [stage for stage in self._stages(api.api_id) if stage.auto_deploy]
        if waiting and definition.routes:
            deployment = self._deploy(api, definition, _AUTOMATIC, auto=True)
            for stage in waiting:
                self._point(api.api_id, stage, deployment)
            self._sweep(api.api_id)

    def _write_stage(self, api: str, stage: Stage) -> None:
        stage.last_updated_date = self.clock.now()
        self.database.execute(
            "INSERT INTO apigatewayv2_stages VALUES (?, ?, ?) "
            "ON CONFLICT (api, name) DO UPDATE SET body = excluded.body",
            (api, stage.stage_name, as_json(stage)),
        )
        self._forget(api)

    def _deploy(self, api: Api, definition: Definition, description: str | None, *, auto: bool) -> Deployment:
        made = Deployment(
            deployment_id=self.kit.ids.short(6),
            description=description,
            auto_deployed=auto,
            created_date=self.clock.now(),
        )
        self.database.execute(
            "INSERT INTO apigatewayv2_deployments VALUES (?, ?, ?, ?, ?)",
            (made.deployment_id, api.api_id, made.created_date, as_json(made), as_json(definition)),
        )
        return made

    def _point(self, api: str, stage: Stage, deployment: Deployment) -> None:
        stage.deployment_id = deployment.deployment_id
        if deployment.auto_deployed:
            stage.last_deployment_status_message = (
                f"Successfully deployed stage with deployment ID '{deployment.deployment_id}'"
            )
        self._write_stage(api, stage)

    def _sweep(self, api: str) -> None:
        """Drops automatic deployments that no stage serves: each step of building an API makes one."""
        used = {stage.deployment_id for stage in self._stages(api)}
        for row in self.database.rows("SELECT body FROM apigatewayv2_deployments WHERE api = ?", (api,)):
            deployment = msgspec.json.decode(row["body"], type=Deployment)
            if deployment.auto_deployed and deployment.deployment_id not in used:
                self.database.execute(
                    "DELETE FROM apigatewayv2_deployments WHERE id = ?", (deployment.deployment_id,)
                )

    def _forget(self, api: str) -> None:
        """What was ready to serve is made ready again when it is next asked."""
        self._ids = None
        self._stage_names.pop(api, None)
        self._live = {key: live for key, live in self._live.items() if key[0] != api}


def not_found(kind: str, identity: str) -> AwsError:
    """The refusal of an id that is not there."""
    return AwsError("NotFoundException", f"Invalid {kind} identifier specified {identity}", status=404)


def bad_request(message: str) -> AwsError:
    """The refusal of a request as it is."""
    return AwsError("BadRequestException", message)


def as_json(value: Any) -> str:
    """A value as it is stored."""
    return msgspec.json.encode(value).decode()


def paged(items: Sequence[T], params: dict[str, Any]) -> tuple[list[T], str | None]:
    """One page of a list, and the token of the next; `MaxResults` and `NextToken` are texts in this API.

    Raises:
        AwsError: `BadRequestException`: they are no numbers.
    """
    try:
        limit, begin = int(params.get("MaxResults", 100)), int(params.get("NextToken") or 0)
    except ValueError as error:
        raise bad_request("MaxResults and NextToken must be numbers that this API gave") from error
    if not 1 <= limit <= 500 or begin < 0:
        raise bad_request("MaxResults must be between 1 and 500")
    more = begin + limit < len(items)
    return list(items[begin : begin + limit]), str(begin + limit) if more else None


def listing(items: Sequence[msgspec.Struct], params: dict[str, Any]) -> dict[str, Any]:
    """The answer of a Get…s operation."""
    page, token = paged(items, params)
    answer: dict[str, Any] = {"Items": [view(item) for item in page]}
    if token:
        answer["NextToken"] = token
    return answer
