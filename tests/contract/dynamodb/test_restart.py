"""What a restart finds."""

from __future__ import annotations

from pathlib import Path

from tests.contract.dynamodb.harness import Tables
from tests.contract.dynamodb.test_tables import CLIENTE, GSI


def test_everything_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with Tables(path) as before:
        before.table(
            AttributeDefinitions=CLIENTE,
            GlobalSecondaryIndexes=[GSI],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )
        ttl = {"AttributeName": "fim", "Enabled": True}
        before.call("UpdateTimeToLive", TableName="pedidos", TimeToLiveSpecification=ttl)
        before.put("a", cliente={"S": "c"}, fim={"N": str(int(before.clock.now()) + 60)})
        before.put("b")
        described = before.call("DescribeTable", TableName="pedidos")
    with Tables(path) as after:
        assert after.call("DescribeTable", TableName="pedidos") == described
        assert after.call("Scan", TableName="pedidos", IndexName="por-cliente")["Count"] == 1
        after.advance(61)
        assert after.get("a") is None
        assert after.get("b") is not None
