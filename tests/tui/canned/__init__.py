"""A sandbox that never runs: the NF-e system with something of everything, always the same."""

from __future__ import annotations

from tests.tui.canned.buses import ARCHIVE, BUSES, EVENTS, MISSES, REPLAYS, RULES, SCHEDULE
from tests.tui.canned.faults import FAULT_KINDS, FAULTS
from tests.tui.canned.flows import FLOW_FILE, FLOWS, OLD_FLOWS, flow
from tests.tui.canned.ground import BUS, ENDPOINT, HOSTILE, NOW, arn, event, nota
from tests.tui.canned.queues import LETTERS, QUEUES, messages
from tests.tui.canned.rest import LINTS, TABLES, log_lines, rows
from tests.tui.canned.sagas import CHECK, OLD_SAGAS, SAGAS, saga, saga_detail
from tests.tui.canned.system import FUNCTIONS, MAP, STATUS

__all__ = [
    "ARCHIVE",
    "BUS",
    "BUSES",
    "CHECK",
    "ENDPOINT",
    "EVENTS",
    "FAULTS",
    "FAULT_KINDS",
    "FLOWS",
    "FLOW_FILE",
    "FUNCTIONS",
    "HOSTILE",
    "LETTERS",
    "LINTS",
    "MAP",
    "MISSES",
    "NOW",
    "OLD_FLOWS",
    "OLD_SAGAS",
    "QUEUES",
    "REPLAYS",
    "RULES",
    "SAGAS",
    "SCHEDULE",
    "STATUS",
    "TABLES",
    "arn",
    "event",
    "flow",
    "log_lines",
    "messages",
    "nota",
    "rows",
    "saga",
    "saga_detail",
]
