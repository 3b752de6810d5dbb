"""Log lines of a deployed function become a metric, beside the alarm that watches it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import Sandbox
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Cobranca:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: cobranca
      Runtime: python3.13
      Handler: index.handler
      InlineCode: |
        def handler(event, context):
            print("INFO cobrando")
            if event.get("falha"):
                print("ERROR recusado")
                print("ERROR desfeito")
  Linhas:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub "/aws/lambda/${Cobranca}", RetentionInDays: 7}
  Erros:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: !Ref Linhas
      FilterPattern: ERROR
      MetricTransformations:
        - {MetricName: ErrosDeCobranca, MetricNamespace: Loja, MetricValue: 1, Unit: Count}
  Alarme:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: erros-de-cobranca
      Namespace: Loja
      MetricName: ErrosDeCobranca
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
Outputs:
  Filtro: {Value: !Ref Erros}
"""


def counted(sandbox: Sandbox) -> float:
    """The sum of the metric."""
    now = datetime.now(UTC)
    answer = sandbox.aws("cloudwatch").get_metric_statistics(
        Namespace="Loja",
        MetricName="ErrosDeCobranca",
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["Sum"],
        Unit="Count",
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def told(sandbox: Sandbox) -> set[str]:
    """Kinds and operations of the hops in the flow that put the metric; none where it is not known yet."""
    for flow in sandbox.cli("flow", "ls", "--json").json:
        hops = [branch["hop"] for branch in sandbox.flow(str(flow["id"]))]
        operations = {str(hop.get("operation")) for hop in hops}
        if "PutMetricData" in operations:
            return operations | {str(hop["kind"]) for hop in hops}
    return set()


def test_errors_in_logs_are_a_metric(sandboxes: Maker, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    sandbox = sandboxes()
    sandbox.up(str(template))
    answer = sandbox.aws("logs").describe_metric_filters(metricName="ErrosDeCobranca", metricNamespace="Loja")
    (shown,) = answer["metricFilters"]
    assert (shown["filterName"], shown["logGroupName"]) == (sandbox.outputs["Filtro"], "/aws/lambda/cobranca")
    (alarm,) = sandbox.aws("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["MetricName"] == "ErrosDeCobranca"

    # Nothing that matches, nothing to put: the long tail is not started for it.
    functions = sandbox.aws("lambda")
    functions.invoke(FunctionName="cobranca", Payload=b"{}")
    assert not [process for process in sandbox.status()["processes"] if process["name"] == "moto"]

    functions.invoke(FunctionName="cobranca", Payload=b'{"falha": true}')
    eventually(lambda: counted(sandbox), lambda found: found == 2, what="both errors")
    # The put is told in the flow of the invocation that led to it.
    eventually(
        lambda: {"PutMetricData", "invoke-start"} <= told(sandbox), what="the put in the flow that led to it"
    )

    # Points are where they were after a kill, and those after it come on top.
    sandbox.kill_daemon()
    sandbox.up(str(template))
    assert counted(sandbox) == 2
    sandbox.aws("lambda").invoke(FunctionName="cobranca", Payload=b'{"falha": true}')
    eventually(lambda: counted(sandbox), lambda found: found == 4, what="two more errors")

    # What was stored and not put yet when the daemon is killed is put after the next start.
    logs = sandbox.aws("logs")
    logs.create_log_stream(logGroupName="/aws/lambda/cobranca", logStreamName="outra")
    event = {"timestamp": int(datetime.now(UTC).timestamp() * 1000), "message": "ERROR a mais"}
    logs.put_log_events(logGroupName="/aws/lambda/cobranca", logStreamName="outra", logEvents=[event])
    sandbox.kill_daemon()
    sandbox.up(str(template))
    before = eventually(lambda: counted(sandbox), lambda found: found >= 5, what="the error before the kill")

    template.write_text(TEMPLATE.replace("FilterPattern: ERROR", "FilterPattern: INFO"))
    sandbox.cli("deploy", str(template))
    sandbox.aws("lambda").invoke(FunctionName="cobranca", Payload=b'{"falha": true}')
    eventually(
        lambda: counted(sandbox), lambda found: found == before + 1, what="one line of the new pattern"
    )
