"""Roles and managed policies, kept as CloudFormation templates declare them.

Follows the IAM API Reference for shapes, limits and errors. Permissions are not evaluated: see `NOT_CHECKED`.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any
from urllib.parse import quote

import msgspec

from sandbox.model.arn import policy_arn, role_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.roles import RoleFacts
from sandbox.services.base import Answer, Params, Service, operation

_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")
_POLICY_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
_PAGE = 100


class IamService(Service):
    """Keeps roles, their policies and managed policies."""

    name = "iam"
    NOT_CHECKED = (
        "permissions: policies are stored and not evaluated",
        "the existence of a role that a function or API names, and of a managed policy of AWS's own",
    )
    SCHEMA = """
    CREATE TABLE IF NOT EXISTS iam_roles (account TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL,
        id TEXT NOT NULL, created REAL NOT NULL, trust TEXT NOT NULL, description TEXT NOT NULL,
        max_session INTEGER NOT NULL, tags TEXT NOT NULL, PRIMARY KEY (account, name)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS iam_role_policies (account TEXT NOT NULL, role TEXT NOT NULL,
        name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (account, role, name)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS iam_attached (account TEXT NOT NULL, role TEXT NOT NULL, policy TEXT NOT NULL,
        PRIMARY KEY (account, role, policy)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS iam_policies (account TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL,
        id TEXT NOT NULL, created REAL NOT NULL, document TEXT NOT NULL, description TEXT NOT NULL,
        PRIMARY KEY (account, name)) WITHOUT ROWID;
    """

    # --- roles -------------------------------------------------------------------------------------------
    @operation("CreateRole", "RoleName Path AssumeRolePolicyDocument Description MaxSessionDuration Tags")
    def create_role(self, call: Call, params: Params) -> Answer:
        """Stores a role; `EntityAlreadyExists` when its name is taken."""
        name = _valid(params["RoleName"], _NAME, "roleName")
        account = call.scope.account
        if self._find_role(account, name) is not None:
            raise AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", status=409)
        self.database.execute(
            "INSERT INTO iam_roles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                account,
                name,
                params.get("Path", "/"),
                "AROA" + self.kit.ids.upper(17),
                self.clock.now(),
                _document(params["AssumeRolePolicyDocument"]),
                params.get("Description", ""),
                params.get("MaxSessionDuration", 3600),
                msgspec.json.encode(params.get("Tags", [])).decode(),
            ),
        )
        return {"Role": _role(self._role(account, name))}

    @operation("GetRole", "RoleName")
    def get_role(self, call: Call, params: Params) -> Answer:
        """A role by name."""
        return {"Role": _role(self._role(call.scope.account, params["RoleName"]))}

    @operation("ListRoles", "PathPrefix Marker MaxItems")
    def list_roles(self, call: Call, params: Params) -> Answer:
        """Roles in order of their names."""
        limit = params.get("MaxItems", _PAGE)
        rows = self.database.rows(
            "SELECT * FROM iam_roles WHERE account = ? AND name > ? AND substr(path, 1, ?) = ? "
            "ORDER BY name LIMIT ?",
            (
                call.scope.account,
                params.get("Marker", ""),
                len(params.get("PathPrefix", "/")),
                params.get("PathPrefix", "/"),
                limit + 1,
            ),
        )
        answer: Answer = {"Roles": [_role(row) for row in rows[:limit]], "IsTruncated": len(rows) > limit}
        if len(rows) > limit:
            answer["Marker"] = rows[limit - 1]["name"]
        return answer

    @operation("UpdateRole", "RoleName Description MaxSessionDuration")
    def update_role(self, call: Call, params: Params) -> Answer:
        """Changes a role's description or session length (seconds)."""
        role = self._role(call.scope.account, params["RoleName"])
        self.database.execute(
            "UPDATE iam_roles SET description = ?, max_session = ? WHERE account = ? AND name = ?",
            (
                params.get("Description", role["description"]),
                params.get("MaxSessionDuration", role["max_session"]),
                role["account"],
                role["name"],
            ),
        )
        return {}

    @operation("UpdateAssumeRolePolicy", "RoleName PolicyDocument")
    def update_assume_role_policy(self, call: Call, params: Params) -> Answer:
        """Replaces a role's trust policy."""
        role = self._role(call.scope.account, params["RoleName"])
        self.database.execute(
            "UPDATE iam_roles SET trust = ? WHERE account = ? AND name = ?",
            (_document(params["PolicyDocument"]), role["account"], role["name"]),
        )
        return {}

    @operation("DeleteRole", "RoleName")
    def delete_role(self, call: Call, params: Params) -> Answer:
        """Deletes a role that has no policies any more; `DeleteConflict` while it has."""
        role = self._role(call.scope.account, params["RoleName"])
        key = (role["account"], role["name"])
        if self.database.row("SELECT 1 FROM iam_attached WHERE account = ? AND role = ?", key):
            raise AwsError(
                "DeleteConflict", "Cannot delete entity, must detach all policies first.", status=409
            )
        if self.database.row("SELECT 1 FROM iam_role_policies WHERE account = ? AND role = ?", key):
            raise AwsError("DeleteConflict", "Cannot delete entity, must delete policies first.", status=409)
        self.database.execute("DELETE FROM iam_roles WHERE account = ? AND name = ?", key)
        return {}

    @operation("TagRole", "RoleName Tags")
    def tag_role(self, call: Call, params: Params) -> Answer:
        """Adds tags to a role, or replaces their values."""
        role = self._role(call.scope.account, params["RoleName"])
        tags = {tag["Key"]: tag["Value"] for tag in msgspec.json.decode(role["tags"])}
        tags.update({tag["Key"]: tag["Value"] for tag in params["Tags"]})
        self._set_tags(role, tags)
        return {}

    @operation("UntagRole", "RoleName TagKeys")
    def untag_role(self, call: Call, params: Params) -> Answer:
        """Removes tags from a role."""
        role = self._role(call.scope.account, params["RoleName"])
        tags = {tag["Key"]: tag["Value"] for tag in msgspec.json.decode(role["tags"])}
        self._set_tags(role, {key: value for key, value in tags.items() if key not in params["TagKeys"]})
        return {}

    @operation("ListRoleTags", "RoleName")
    def list_role_tags(self, call: Call, params: Params) -> Answer:
        """The tags of a role."""
        role = self._role(call.scope.account, params["RoleName"])
        return {"Tags": msgspec.json.decode(role["tags"]), "IsTruncated": False}

    # --- inline policies ---------------------------------------------------------------------------------
    @operation("PutRolePolicy", "RoleName PolicyName PolicyDocument")
    def put_role_policy(self, call: Call, params: Params) -> Answer:
        """Stores an inline policy of a role."""
        role = self._role(call.scope.account, params["RoleName"])
        name = _valid(params["PolicyName"], _POLICY_NAME, "policyName")
        self.database.execute(
            "INSERT OR REPLACE INTO iam_role_policies VALUES (?, ?, ?, ?)",
            (role["account"], role["name"], name, _document(params["PolicyDocument"])),
        )
        return {}

    @operation("GetRolePolicy", "RoleName PolicyName")
    def get_role_policy(self, call: Call, params: Params) -> Answer:
        """An inline policy of a role, URL-encoded as IAM answers it."""
        row = self._inline(call.scope.account, params["RoleName"], params["PolicyName"])
        return {
            "RoleName": row["role"],
            "PolicyName": row["name"],
            "PolicyDocument": quote(row["document"], safe=""),
        }

    @operation("ListRolePolicies", "RoleName")
    def list_role_policies(self, call: Call, params: Params) -> Answer:
        """The names of a role's inline policies."""
        role = self._role(call.scope.account, params["RoleName"])
        rows = self.database.rows(
            "SELECT name FROM iam_role_policies WHERE account = ? AND role = ? ORDER BY name",
            (role["account"], role["name"]),
        )
        return {"PolicyNames": [row["name"] for row in rows], "IsTruncated": False}

    @operation("DeleteRolePolicy", "RoleName PolicyName")
    def delete_role_policy(self, call: Call, params: Params) -> Answer:
        """Deletes an inline policy of a role."""
        row = self._inline(call.scope.account, params["RoleName"], params["PolicyName"])
        self.database.execute(
            "DELETE FROM iam_role_policies WHERE account = ? AND role = ? AND name = ?",
            (row["account"], row["role"], row["name"]),
        )
        return {}

    # --- managed policies --------------------------------------------------------------------------------
    @operation("AttachRolePolicy", "RoleName PolicyArn")
    def attach_role_policy(self, call: Call, params: Params) -> Answer:
        """Attaches a managed policy; those of AWS itself are taken by name."""
        role = self._role(call.scope.account, params["RoleName"])
        arn = params["PolicyArn"]
        if not arn.startswith("arn:aws:iam::aws:policy/"):
            self._policy(call.scope.account, arn)
        self.database.execute(
            "INSERT OR REPLACE INTO iam_attached VALUES (?, ?, ?)", (role["account"], role["name"], arn)
        )
        return {}

    @operation("DetachRolePolicy", "RoleName PolicyArn")
    def detach_role_policy(self, call: Call, params: Params) -> Answer:
        """Detaches a managed policy."""
        role = self._role(call.scope.account, params["RoleName"])
        done = self.database.execute(
            "DELETE FROM iam_attached WHERE account = ? AND role = ? AND policy = ?",
            (role["account"], role["name"], params["PolicyArn"]),
        )
        if not done.rowcount:
            raise AwsError("NoSuchEntity", f"Policy {params['PolicyArn']} was not found.", status=404)
        return {}

    @operation("ListAttachedRolePolicies", "RoleName")
    def list_attached_role_policies(self, call: Call, params: Params) -> Answer:
        """The managed policies of a role."""
        role = self._role(call.scope.account, params["RoleName"])
        rows = self.database.rows(
            "SELECT policy FROM iam_attached WHERE account = ? AND role = ? ORDER BY policy",
            (role["account"], role["name"]),
        )
        attached = [
            {"PolicyName": row["policy"].rsplit("/", 1)[-1], "PolicyArn": row["policy"]} for row in rows
        ]
        return {"AttachedPolicies": attached, "IsTruncated": False}

    @operation("CreatePolicy", "PolicyName Path PolicyDocument Description")
    def create_policy(self, call: Call, params: Params) -> Answer:
        """Stores a managed policy."""
        name = _valid(params["PolicyName"], _POLICY_NAME, "policyName")
        account, path = call.scope.account, params.get("Path", "/")
        if self.database.row("SELECT 1 FROM iam_policies WHERE account = ? AND name = ?", (account, name)):
            raise AwsError("EntityAlreadyExists", f"A policy called {name} already exists.", status=409)
        self.database.execute(
            "INSERT INTO iam_policies VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                account,
                name,
                path,
                "ANPA" + self.kit.ids.upper(17),
                self.clock.now(),
                _document(params["PolicyDocument"]),
                params.get("Description", ""),
            ),
        )
        return {"Policy": self._policy_view(self._policy(account, str(policy_arn(account, path, name))))}

    @operation("GetPolicy", "PolicyArn")
    def get_policy(self, call: Call, params: Params) -> Answer:
        """A managed policy of this account."""
        return {"Policy": self._policy_view(self._policy(call.scope.account, params["PolicyArn"]))}

    @operation("DeletePolicy", "PolicyArn")
    def delete_policy(self, call: Call, params: Params) -> Answer:
        """Deletes a managed policy that nothing uses."""
        policy = self._policy(call.scope.account, params["PolicyArn"])
        if self.database.row(
            "SELECT 1 FROM iam_attached WHERE account = ? AND policy = ?",
            (call.scope.account, params["PolicyArn"]),
        ):
            raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", status=409)
        self.database.execute(
            "DELETE FROM iam_policies WHERE account = ? AND name = ?", (policy["account"], policy["name"])
        )
        return {}

    def role_facts(self, account: str, name: str) -> RoleFacts | None:
        """What others need to know of a role; None where there is no such role."""
        role = self._find_role(account, name)
        return None if role is None else RoleFacts(role["id"], role["max_session"])

    # --- inside ------------------------------------------------------------------------------------------
    def _find_role(self, account: str, name: str) -> sqlite3.Row | None:
        return self.database.row("SELECT * FROM iam_roles WHERE account = ? AND name = ?", (account, name))

    def _role(self, account: str, name: str) -> sqlite3.Row:
        role = self._find_role(account, name)
        if role is None:
            raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", status=404)
        return role

    def _inline(self, account: str, role: str, name: str) -> sqlite3.Row:
        self._role(account, role)
        row = self.database.row(
            "SELECT * FROM iam_role_policies WHERE account = ? AND role = ? AND name = ?",
            (account, role, name),
        )
        if row is None:
            raise AwsError("NoSuchEntity", f"The role policy with name {name} cannot be found.", status=404)
        return row

    def _policy(self, account: str, arn: str) -> sqlite3.Row:
        row = self.database.row(
            "SELECT * FROM iam_policies WHERE account = ? AND name = ?", (account, arn.rsplit("/", 1)[-1])
        )
        if row is None or str(policy_arn(row["account"], row["path"], row["name"])) != arn:
            raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", status=404)
        return row

    def _policy_view(self, row: sqlite3.Row) -> dict[str, Any]:
        arn = str(policy_arn(row["account"], row["path"], row["name"]))
        attached = self.database.row(
            "SELECT count(*) AS n FROM iam_attached WHERE account = ? AND policy = ?", (row["account"], arn)
        )
        return {
            "PolicyName": row["name"],
            "PolicyId": row["id"],
            "Arn": arn,
            "Path": row["path"],
            "DefaultVersionId": "v1",
            "AttachmentCount": attached["n"] if attached else 0,
            "IsAttachable": True,
            "CreateDate": row["created"],
            "UpdateDate": row["created"],
            "Description": row["description"],
        }

    def _set_tags(self, role: sqlite3.Row, tags: dict[str, str]) -> None:
        encoded = msgspec.json.encode([{"Key": key, "Value": value} for key, value in tags.items()]).decode()
        self.database.execute(
            "UPDATE iam_roles SET tags = ? WHERE account = ? AND name = ?",
            (encoded, role["account"], role["name"]),
        )


def _role(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "Path": row["path"],
        "RoleName": row["name"],
        "RoleId": row["id"],
        "Arn": str(role_arn(row["account"], row["path"], row["name"])),
        "CreateDate": row["created"],
        "AssumeRolePolicyDocument": quote(row["trust"], safe=""),
        "Description": row["description"],
        "MaxSessionDuration": row["max_session"],
        "Tags": msgspec.json.decode(row["tags"]),
    }


def _valid(name: str, pattern: re.Pattern[str], member: str) -> str:
    if not pattern.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"The specified value for {member} is invalid. It must contain only alphanumeric characters "
            "and/or the following: +=,.@_-",
        )
    return name


def _document(text: str) -> str:
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise AwsError("MalformedPolicyDocument", f"This policy contains invalid Json: {error}") from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise AwsError("MalformedPolicyDocument", "Syntax errors in policy.")
    return text
