"""Operations on function URLs."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.apis.cors import Cors
from sandbox.model.arn import function_arn
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.lambda_errors import conflict, resource_not_found
from sandbox.model.lambda_limits import Violations
from sandbox.model.lambda_names import LATEST, parse_function_name
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.configuration import modified_text
from sandbox.services.lambda_.paging import page
from sandbox.services.lambda_.parts import LambdaParts
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Function, FunctionUrl

_QUALIFIER = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"
_METHODS = ("GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*")
#: Page: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
NO_STREAMS = (
    "On AWS, functions of Node.js and of custom runtimes alone stream their answers; use BUFFERED, which is "
    "what a Python function does there as well."
)
_MEMBERS = "FunctionName Qualifier AuthType Cors InvokeMode"


class UrlOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html and its siblings."""

    @operation("CreateFunctionUrlConfig", _MEMBERS)
    def create_function_url_config(self, call: Call, params: Params) -> Answer:
        """Gives a function or an alias a URL."""
        _check(params)
        named = self._with_url(call, params, "Function does not exist")
        if named.key in named.function.urls:
            raise conflict(
                f"Failed to create function url config for [functionArn = {named.arn}]. Error message:  "
                "FunctionUrlConfig exists for this Lambda function"
            )
        now = self.clock.now()
        url = FunctionUrl(
            id=self.kit.ids.short(32),
            auth=params["AuthType"],
            created=now,
            modified=now,
            cors=_cors(params),
        )
        self._put_url(named, url)
        answer = _describe(call, named.function, named.key, url)
        del answer["LastModifiedTime"]
        return answer

    @operation("GetFunctionUrlConfig", "FunctionName Qualifier")
    def get_function_url_config(self, call: Call, params: Params) -> Answer:
        """The URL of a function or an alias."""
        named, url = self._url(call, params)
        return _describe(call, named.function, named.key, url)

    @operation("UpdateFunctionUrlConfig", _MEMBERS)
    def update_function_url_config(self, call: Call, params: Params) -> Answer:
        """Changes what the request names; the URL stays."""
        _check(params)
        named, url = self._url(call, params)
        changed = msgspec.structs.replace(
            url,
            auth=params.get("AuthType") or url.auth,
            modified=self.clock.now(),
            cors=url.cors if params.get("Cors") is None else _cors(params),
        )
        self._put_url(named, changed)
        return _describe(call, named.function, named.key, changed)

    @operation("DeleteFunctionUrlConfig", "FunctionName Qualifier")
    def delete_function_url_config(self, call: Call, params: Params) -> Answer:
        """Takes the URL away; a new one will have another name."""
        named, _ = self._url(call, params)
        self.functions.amend(
            named.function,
            urls={key: url for key, url in named.function.urls.items() if key != named.key},
        )
        return {}

    @operation("ListFunctionUrlConfigs", "FunctionName Marker MaxItems")
    def list_function_url_configs(self, call: Call, params: Params) -> Answer:
        """The URLs of a function and its aliases."""
        ref = parse_function_name(params["FunctionName"], call.scope)
        function = self.functions.get(ref.scope, ref.name)
        if function is None:
            raise resource_not_found("Function does not exist")
        shown, marker = page(sorted(function.urls.items()), params, lambda item: item[0])
        return {
            "FunctionUrlConfigs": [_describe(call, function, key, url) for key, url in shown],
            **marker,
        }

    def _with_url(self, call: Call, params: Params, missing: str) -> Qualified:
        ref = parse_function_name(params["FunctionName"], call.scope, params.get("Qualifier"))
        found = Violations()
        if ref.qualifier is not None and (ref.qualifier == LATEST or ref.qualifier.isdigit()):
            found.pattern(ref.qualifier, "qualifier", _QUALIFIER)
        found.check()
        named = self.functions.find(ref)
        if named is None:
            raise resource_not_found(missing)
        return named

    def _url(self, call: Call, params: Params) -> tuple[Qualified, FunctionUrl]:
        missing = "The resource you requested does not exist."
        named = self._with_url(call, params, missing)
        url = named.function.urls.get(named.key)
        if url is None:
            raise resource_not_found(missing)
        return named, url

    def _put_url(self, named: Qualified, url: FunctionUrl) -> None:
        self.functions.amend(named.function, urls={**named.function.urls, named.key: url})


def _check(params: Params) -> None:
    found = Violations()
    found.one_of(params.get("AuthType"), "authType", ("NONE", "AWS_IAM"))
    found.one_of(params.get("InvokeMode"), "invokeMode", ("RESPONSE_STREAM", "BUFFERED"))
    cors = params.get("Cors") or {}
    for method in cors.get("AllowMethods") or ():
        found.one_of(method, "cors.allowMethods", _METHODS)
    found.between(cors.get("MaxAge"), "cors.maxAge", 0, 86_400)
    found.check()
    if params.get("InvokeMode") == "RESPONSE_STREAM":
        raise NotImplementedByName("lambda", "parameter InvokeMode=RESPONSE_STREAM", NO_STREAMS)


def _cors(params: Params) -> Cors | None:
    given: dict[str, Any] = params.get("Cors") or {}
    return msgspec.convert(given, Cors) if given else None


def _describe(call: Call, function: Function, key: str, url: FunctionUrl) -> Answer:
    """A URL as the API answers it: where this sandbox is reached it is that of the front door."""
    answer: Answer = {
        "FunctionUrl": f"{call.endpoint}/_aws/lambda-url/{url.id}/"
        if call.endpoint
        else f"https://{url.id}.lambda-url.{function.region}.on.aws/",
        "FunctionArn": str(function_arn(function.scope, function.name, None if key == LATEST else key)),
        "AuthType": url.auth,
        "CreationTime": modified_text(url.created),
        "LastModifiedTime": modified_text(url.modified),
        "InvokeMode": "BUFFERED",
    }
    if url.cors is not None:
        answer["Cors"] = msgspec.to_builtins(url.cors)
    return answer
