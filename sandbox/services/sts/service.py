"""Who signs requests, and sessions of roles.

Pages: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and its neighbours.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.model.arn import Arn, is_arn, parse_arn, root_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call, Caller
from sandbox.model.ports import CallerDirectory
from sandbox.model.roles import RoleFacts
from sandbox.services.base import Answer, Kit, Params, Service, operation
from sandbox.services.sts.sessions import SCHEMA, RoleSession, Sessions

_HOUR = 3600
_SECRET_LENGTH, _TOKEN_LENGTH = 40, 356
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")


class StsService(Service):
    """Answers who signed a request, and gives temporary credentials for roles; implements `CallerDirectory`
    for these.

    Args:
        kit: what every service needs.
        environments: knows the keys of execution environments, which may assume roles too.
        roles: what is known of a role, by account and name; None where there is no such role.
    """

    name = "sts"
    SCHEMA = SCHEMA
    NOT_CHECKED = (
        "signatures: any secret key is taken",
        "trust policies, external ids, MFA codes and signatures of identity tokens: who asks for a role gets "
        "it, whether the role exists or not",
        "session policies and session tags, as permissions in general",
    )

    def __init__(
        self, kit: Kit, environments: CallerDirectory, roles: Callable[[str, str], RoleFacts | None]
    ) -> None:
        super().__init__(kit)
        self._environments = environments
        self._roles = roles
        self._sessions = Sessions(kit.database)

    async def start(self) -> None:
        """Reads the sessions from the store; see `Service.start`."""
        self._sessions.read()

    def recall(self) -> None:
        """Reads them again; see `Service.recall`."""
        self._sessions.read()

    def lookup(self, access_key: str) -> Caller | None:
        """Who a temporary key stands for, with the hop of the invocation that assumed the role, if one did.

        Raises:
            AwsError: `ExpiredToken`.
        """
        session = self._sessions.get(access_key)
        if session is None:
            return None
        if session.expires <= self.clock.now():
            raise AwsError(
                "ExpiredToken", "The security token included in the request is expired", status=403
            )
        source = self._environments.lookup(session.source) or self._source(session.source)
        if source is None:
            return Caller(access_key, session.arn)
        return msgspec.structs.replace(source, access_key=access_key, arn=session.arn)

    def _source(self, access_key: str) -> Caller | None:
        """Who assumed a role by a session of another one."""
        session = self._sessions.get(access_key)
        if session is None:
            return None
        return self._environments.lookup(session.source) or self._source(session.source)

    # --- operations --------------------------------------------------------------------------------------
    @operation("GetCallerIdentity")
    def get_caller_identity(self, call: Call, params: Params) -> Answer:
        """The account and principal of the caller's access key."""
        if call.caller.arn and not call.caller.arn.endswith(":root"):
            session = self._sessions.get(call.caller.access_key)
            unique = f"{call.caller.access_key}:{call.caller.arn.rsplit('/', 1)[-1]}"
            return {
                "UserId": session.user_id if session else unique,
                "Account": call.scope.account,
                "Arn": call.caller.arn,
            }
        return {
            "UserId": call.scope.account,
            "Account": call.scope.account,
            "Arn": str(root_arn(call.scope.account)),
        }

    @operation(
        "AssumeRole",
        "RoleArn RoleSessionName DurationSeconds SourceIdentity ExternalId SerialNumber TokenCode Policy "
        "PolicyArns Tags TransitiveTagKeys",
    )
    def assume_role(self, call: Call, params: Params) -> Answer:
        """Temporary credentials for a role, for an hour unless `DurationSeconds` says otherwise."""
        chained = ":assumed-role/" in call.caller.arn
        seconds = params.get("DurationSeconds", _HOUR)
        if chained and seconds > _HOUR:
            raise _invalid(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
                "chaining."
            )
        answer = self._assumed(call, params, seconds)
        if "SourceIdentity" in params:
            answer["SourceIdentity"] = params["SourceIdentity"]
        return answer

    @operation(
        "AssumeRoleWithWebIdentity",
        "RoleArn RoleSessionName WebIdentityToken ProviderId DurationSeconds Policy PolicyArns",
    )
    def assume_role_with_web_identity(self, call: Call, params: Params) -> Answer:
        """The same for who has a token of an identity provider.

        Page: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
        """
        claims = _claims(params["WebIdentityToken"])
        audience = claims.get("aud", "")
        return {
            **self._assumed(call, params, params.get("DurationSeconds", _HOUR)),
            "SubjectFromWebIdentityToken": str(claims.get("sub", "")),
            "Audience": str(audience[0] if isinstance(audience, list) and audience else audience),
            "Provider": params.get("ProviderId") or str(claims.get("iss", "")),
        }

    # --- inside ------------------------------------------------------------------------------------------
    def _assumed(self, call: Call, params: Params, seconds: int) -> Answer:
        role, name = _role(params["RoleArn"]), params["RoleSessionName"]
        if not _SESSION_NAME.fullmatch(name):
            raise _invalid(
                f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
            )
        facts = self._roles(role.account, role.name)
        if facts is not None and seconds > facts.max_session:
            raise _invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        ids, now = self.kit.ids, self.clock.now()
        identity = facts.role_id if facts else "AROA" + ids.upper(17)
        session = RoleSession(
            "ASIA" + ids.upper(16),
            str(Arn("sts", "", role.account, f"assumed-role/{role.name}/{name}")),
            f"{identity}:{name}",
            now + seconds,
            call.caller.access_key,
        )
        self._sessions.add(session, now)
        return {
            "Credentials": {
                "AccessKeyId": session.access_key,
                "SecretAccessKey": ids.short(_SECRET_LENGTH),
                "SessionToken": ids.short(_TOKEN_LENGTH),
                "Expiration": session.expires,
            },
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        }


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def _role(text: str) -> Arn:
    """A role's ARN.

    Raises:
        AwsError: `ValidationError`, it is none.
    """
    arn = parse_arn(text) if is_arn(text) else None
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/") or not arn.account:
        raise _invalid(f"{text} is invalid")
    return arn


def _claims(token: str) -> dict[str, Any]:
    """What an identity token says, whoever signed it.

    Raises:
        AwsError: `InvalidIdentityToken`, it is no JWT.
    """
    try:
        _, payload, _ = token.split(".")
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, msgspec.DecodeError):
        claims = None
    if not isinstance(claims, dict):
        raise AwsError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
    return claims
