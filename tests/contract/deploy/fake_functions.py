"""Functions, their roles and their log groups, for the deployer."""

from __future__ import annotations

from uuid import UUID

from sandbox.model.awserror import AwsError
from tests.contract.deploy.fake_things import Params, Things


class FakeFunctions(Things):
    """Functions, their roles and their log groups."""

    def _lambda_CreateFunction(self, p: Params) -> None:  # noqa: N802
        self._add("function", p["FunctionName"], p)

    def _lambda_GetFunctionConfiguration(self, p: Params) -> Params:  # noqa: N802
        self._find("function", p["FunctionName"])
        return {"State": "Active", "LastUpdateStatus": "Successful"}

    def _lambda_DeleteFunction(self, p: Params) -> None:  # noqa: N802
        self._drop("function", ":".join(filter(None, (p["FunctionName"], p.get("Qualifier")))))

    def _lambda_PublishVersion(self, p: Params) -> Params:  # noqa: N802
        version = str(next(self._ids))
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:{p['FunctionName']}:{version}"
        self._add("function", f"{p['FunctionName']}:{version}", p)
        return {"FunctionArn": arn, "Version": version}

    def _lambda_CreateFunctionUrlConfig(self, p: Params) -> Params:  # noqa: N802
        self._add("url", p["FunctionName"], p)
        return {
            "FunctionUrl": f"https://{'a' * 32}.lambda-url.us-east-1.on.aws/",
            "FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{p['FunctionName']}",
        }

    def _lambda_DeleteFunctionUrlConfig(self, p: Params) -> None:  # noqa: N802
        self._drop("url", p["FunctionName"])

    def _lambda_CreateAlias(self, p: Params) -> None:  # noqa: N802
        self._add("alias", p["Name"], p)

    def _lambda_DeleteAlias(self, p: Params) -> None:  # noqa: N802
        self._drop("alias", p["Name"])

    def _lambda_PublishLayerVersion(self, p: Params) -> Params:  # noqa: N802
        arn = f"arn:aws:lambda:us-east-1:000000000000:layer:{p['LayerName']}"
        version = next(self._ids)
        self._add("layer", f"{arn}:{version}", p)
        return {"LayerVersionArn": f"{arn}:{version}"}

    def _lambda_DeleteLayerVersion(self, p: Params) -> None:  # noqa: N802
        self._drop("layer", f"{p['LayerName']}:{p['VersionNumber']}")

    def _lambda_CreateEventSourceMapping(self, p: Params) -> Params:  # noqa: N802
        pair = {key: p[key] for key in ("FunctionName", "EventSourceArn")}
        for name in self.names("mapping"):
            if pair.items() <= self.things["mapping", name].items():
                raise AwsError("ResourceConflictException", f"{name} has the same source and function")
        uuid = str(UUID(int=next(self._ids)))
        self._add("mapping", uuid, p)
        return {"UUID": uuid}

    def _lambda_GetEventSourceMapping(self, p: Params) -> Params:  # noqa: N802
        found = self._find("mapping", p["UUID"])
        if found.get("State") == "Deleting":
            found["looks"] -= 1
            if found["looks"] == 0:
                self._drop("mapping", p["UUID"])
        return found

    def _lambda_DeleteEventSourceMapping(self, p: Params) -> None:  # noqa: N802
        found = self._find("mapping", p["UUID"])
        if found.get("State") == "Deleting":
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.")
        found |= {"State": "Deleting", "looks": self.ending}
        if not self.ending:
            self._drop("mapping", p["UUID"])

    def _iam_CreateRole(self, p: Params) -> Params:  # noqa: N802
        self._add("role", p["RoleName"], p)
        return {"Role": {"Arn": f"arn:aws:iam::000000000000:role/{p['RoleName']}", "RoleId": "AROA1"}}

    def _iam_CreatePolicy(self, p: Params) -> Params:  # noqa: N802
        arn = f"arn:aws:iam::000000000000:policy/{p['PolicyName']}"
        self._add("policy", arn, p)
        return {"Policy": {"Arn": arn}}

    def _iam_ListPolicyVersions(self, p: Params) -> Params:  # noqa: N802
        return {
            "Versions": [
                {"VersionId": "v2", "IsDefaultVersion": True},
                {"VersionId": "v1", "IsDefaultVersion": False},
            ]
        }

    def _iam_DeletePolicy(self, p: Params) -> None:  # noqa: N802
        self._drop("policy", p["PolicyArn"], "NoSuchEntity")

    def _iam_DeleteRole(self, p: Params) -> None:  # noqa: N802
        self._drop("role", p["RoleName"], "NoSuchEntity")

    def _logs_CreateLogGroup(self, p: Params) -> None:  # noqa: N802
        self._add("group", p["logGroupName"], p)

    def _logs_PutResourcePolicy(self, p: Params) -> None:  # noqa: N802
        self.things[("log policy", p["policyName"])] = p

    def _logs_DeleteResourcePolicy(self, p: Params) -> None:  # noqa: N802
        self._drop("log policy", p["policyName"])

    def _logs_DeleteLogGroup(self, p: Params) -> None:  # noqa: N802
        self._drop("group", p["logGroupName"])
