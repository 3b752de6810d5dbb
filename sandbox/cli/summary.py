"""A running sandbox in words."""

from __future__ import annotations

from sandbox.cli.output import emit, emit_facts, emit_table
from sandbox.control.protocol import StatusView
from sandbox.model.durations import format_duration


def show_status(status: StatusView, *, processes: bool = False, notices: bool = True) -> None:
    """Endpoint, stacks with their outputs, database, and what to try next.

    Args:
        notices: shown too; who has just watched the start has read them.
    """
    facts = {
        "endpoint": status.endpoint,
        "engine": f"{status.engine}, ready in {status.ready_seconds:.2f} s, "
        f"up {format_duration(status.uptime_seconds)}",
        "clock": f"{status.clock.iso}, {clock_words(status.clock.speed)}",
        "state": status.state,
    }
    if status.postgres is not None:
        facts["postgres"] = status.postgres.dsn
    emit_facts(facts)
    for stack in status.stacks:
        emit()
        emit(f"stack {stack.name}")
        emit_facts({f"  {name}": value for name, value in stack.outputs.items()})
    if processes and status.processes:
        emit()
        emit_table(("PROCESS", "PID"), [(process.name, process.pid) for process in status.processes])
    if processes and status.functions:
        emit()
        emit_table(
            ("FUNCTION", "ENVIRONMENT", "STATE", "INVOCATIONS", "MEMORY"),
            [
                (
                    view["function"].rsplit(":", 1)[-1],
                    view["environment"],
                    view["state"],
                    view["invocations"],
                    f"{view['memory_mb']:.0f} MB",
                )
                for view in status.functions
            ],
        )
    for notice in status.notices if notices else ():
        emit()
        emit(f"notice: {notice}")
    if not processes:
        emit()
        emit("next: " + next_step(status))


def clock_words(speed: float) -> str:
    """How the clock runs."""
    if speed == 0:
        return "stopped"
    return "real time" if speed == 1 else f"{speed:g} times as fast"


def next_step(status: StatusView) -> str:
    """Something worth trying now."""
    if status.stacks:
        return "sandbox tui    ·    sandbox flow ls    ·    sandbox logs -f"
    return 'sandbox deploy SYSTEM    ·    eval "$(sandbox env)" && aws lambda list-functions'


def what_stays(engine: str, *, keep: bool) -> str:
    """What becomes of what a sandbox has when it is stopped.

    Args:
        engine: its name. keep: its containers are left.
    """
    if keep:
        return "the containers stay, until `sandbox down` or the next `sandbox up`"
    if engine == "docker":
        return "what is deployed goes with the containers, and the next `sandbox up` deploys it again"
    return "its state stays"


def last_words(engine: str, *, keep: bool) -> str:
    """What is said when a sandbox was stopped.

    Args:
        engine: its name. keep: its containers were left.
    """
    if keep:
        return "stopped; the containers stay, `sandbox down` removes them, and so does the next `sandbox up`"
    if engine == "docker":
        return "stopped; what was deployed is gone, `sandbox up` deploys it again"
    return "stopped; the state stays, `sandbox up` goes on with it"
