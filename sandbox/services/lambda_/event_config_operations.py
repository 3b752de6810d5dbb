"""Operations on how asynchronous invocations are retried, and where their results go."""

from __future__ import annotations

from typing import Any

from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.call import Call
from sandbox.model.lambda_async import MAX_AGE, MAX_RETRIES, MIN_AGE
from sandbox.model.lambda_errors import invalid, resource_not_found
from sandbox.model.lambda_limits import Violations
from sandbox.model.lambda_names import LATEST, function_of, parse_function_name
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.configuration import describe_invoke_config
from sandbox.services.lambda_.paging import page
from sandbox.services.lambda_.parts import LambdaParts
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import InvokeConfig

_MEMBERS = "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig"
_DESTINATION = (
    r"^$|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
)
_KINDS = ("sqs", "sns", "lambda", "events")


class EventConfigOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html and its siblings;
    each qualifier has a configuration of its own.
    """

    @operation("PutFunctionEventInvokeConfig", _MEMBERS)
    def put_function_event_invoke_config(self, call: Call, params: Params) -> Answer:
        """Sets how asynchronous invocations are retried and where results go, replacing what was set."""
        return self._configure(call, params, None)

    @operation("UpdateFunctionEventInvokeConfig", _MEMBERS)
    def update_function_event_invoke_config(self, call: Call, params: Params) -> Answer:
        """Changes what the request names, and keeps the rest."""
        _, config = self._configured(call, params)
        return self._configure(call, params, config)

    @operation("GetFunctionEventInvokeConfig", "FunctionName Qualifier")
    def get_function_event_invoke_config(self, call: Call, params: Params) -> Answer:
        """The configuration of asynchronous invocation."""
        named, config = self._configured(call, params)
        return describe_invoke_config(named.function, named.key, config)

    @operation("ListFunctionEventInvokeConfigs", "FunctionName Marker MaxItems")
    def list_function_event_invoke_configs(self, call: Call, params: Params) -> Answer:
        """The configurations of a function, by qualifier."""
        ref = parse_function_name(params["FunctionName"], call.scope)
        function = self.functions.get(ref.scope, ref.name)
        if function is None:
            raise resource_not_found("The function doesn't exist.")
        shown, marker = page(sorted(function.invoke_configs.items()), params, lambda item: item[0])
        found = [describe_invoke_config(function, key, config) for key, config in shown]
        return {"FunctionEventInvokeConfigs": found, **marker}

    @operation("DeleteFunctionEventInvokeConfig", "FunctionName Qualifier")
    def delete_function_event_invoke_config(self, call: Call, params: Params) -> Answer:
        """Goes back to two retries, six hours and no destinations."""
        named, _ = self._configured(call, params)
        left = {key: config for key, config in named.function.invoke_configs.items() if key != named.key}
        self.functions.amend(named.function, invoke_configs=left)
        return {}

    def _configured(self, call: Call, params: Params) -> tuple[Qualified, InvokeConfig]:
        ref = parse_function_name(params["FunctionName"], call.scope, params.get("Qualifier"))
        named = self.functions.find(ref)
        if named is None or named.invoke_config is None:
            raise resource_not_found(
                f"The function {ref.arn}:{ref.qualifier or LATEST} doesn't have an EventInvokeConfig"
            )
        return named, named.invoke_config

    def _configure(self, call: Call, params: Params, old: InvokeConfig | None) -> Answer:
        ref = parse_function_name(params["FunctionName"], call.scope, params.get("Qualifier"))
        named = self.functions.find(ref)
        if named is None:
            raise resource_not_found("The function doesn't exist.")
        function = named.function
        changed = self._config_fields(str(function.arn), params)
        if not changed:
            raise invalid("You must specify at least one of error handling or destination setting.")
        config = InvokeConfig(
            last_modified=self.clock.now(),
            max_age=changed.get("max_age", old.max_age if old else None),
            retries=changed.get("retries", old.retries if old else None),
            on_success=changed.get("on_success", old.on_success if old else None),
            on_failure=changed.get("on_failure", old.on_failure if old else None),
        )
        self.functions.amend(function, invoke_configs={**function.invoke_configs, named.key: config})
        return describe_invoke_config(function, named.key, config)

    def _config_fields(self, function: str, params: Params) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        found = Violations()
        if (age := params.get("MaximumEventAgeInSeconds")) is not None:
            found.between(age, "maximumEventAgeInSeconds", MIN_AGE, MAX_AGE)
            fields["max_age"] = age
        if (retries := params.get("MaximumRetryAttempts")) is not None:
            found.between(retries, "maximumRetryAttempts", 0, MAX_RETRIES)
            fields["retries"] = retries
        destinations = params.get("DestinationConfig")
        if destinations is not None:
            success = (destinations.get("OnSuccess") or {}).get("Destination")
            failure = (destinations.get("OnFailure") or {}).get("Destination")
            found.pattern(success, "destinationConfig.onSuccess.destination", _DESTINATION)
            found.pattern(failure, "destinationConfig.onFailure.destination", _DESTINATION)
            found.check()
            _check_kinds(success, failure)
            fields["on_success"] = self._destination(success, "DestinationConfig.OnSuccess", function)
            fields["on_failure"] = self._destination(failure, "DestinationConfig.OnFailure", function)
        found.check()
        return fields

    def _destination(self, target: str | None, name: str, function: str) -> str | None:
        if not target:
            return None
        arn = parse_arn(target)
        if arn.service == "lambda" and self.functions.find(function_of(arn)) is None:
            raise invalid(f"The destination ARN {target} is invalid.")
        return self.destinations.check(target, name, function)


def _check_kinds(success: str | None, failure: str | None) -> None:
    given = [target for target in (success, failure) if target]
    if all(is_arn(target) and parse_arn(target).service in _KINDS for target in given):
        return
    shown = [
        f"On{kind}(destination={target})" if target else "null"
        for kind, target in (("Success", success), ("Failure", failure))
    ]
    raise invalid(
        f"The provided destination config DestinationConfig(onSuccess={shown[0]}, onFailure={shown[1]}) "
        "is invalid."
    )
