"""`sandbox load`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec
import uvloop

from sandbox.cli.common import connect, json_option, read_parameters, state_option
from sandbox.cli.diagnostics import say, show_progress
from sandbox.cli.output import emit, emit_json
from sandbox.control.client import ControlClient
from sandbox.control.protocol import Progress, StatusView
from sandbox.deploy.load_section import LoadSpec
from sandbox.deploy.system import System, find_system
from sandbox.errors import UsageError
from sandbox.load.chart import as_svg, sparkline
from sandbox.load.locust import run_locust
from sandbox.load.profile import Profile, parse_profile
from sandbox.load.report import Report
from sandbox.load.run import Glance, Target, run_load
from sandbox.model.durations import parse_duration
from sandbox.session.workspace import systems_of


@click.command("load", short_help="Send load to a system and explain what was lost.")
@click.argument("system", required=False, metavar="[SYSTEM|TEMPLATE]")
@click.option(
    "--profile", default="50/s for 10s", show_default=True,
    help="Parts, separated by commas: 50/s for 60s; 50/s to 500/s over 60s; pause 5s.",
)  # fmt: skip
@click.option(
    "--parameter", "parameters", multiple=True, metavar="NAME=VALUE",
    help="Deploy the system with this parameter first; may be repeated.",
)  # fmt: skip
@click.option(
    "--drain", default="30s", show_default=True, help="How long queues may take to run empty afterwards."
)
@click.option(
    "--tolerate", type=click.FloatRange(0, 100), metavar="PERCENT",
    help="Exit with 1 when more than this part of the requests is lost.",
)  # fmt: skip
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Draw the load into this file.")
@click.option(
    "--locust", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Run this locust file instead of a profile; what follows -- goes to locust.",
)  # fmt: skip
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- LOCUST OPTIONS]")
@json_option
@state_option
def command(
    system: str | None, profile: str, parameters: tuple[str, ...], drain: str,
    tolerate: float | None, svg: Path | None,
    locust: Path | None, words: tuple[str, ...], as_json: bool, state: Path,
) -> int:  # fmt: skip
    """Send load to SYSTEM at a fixed rate and explain what was lost.

    Requests leave when their time has come, whether or not earlier ones were answered; latencies count from
    that time. What is sent stands in the system's sandbox.toml, under [load].

    Example: sandbox load pedidos --profile '50/s for 60s, then 500/s for 60s' --svg load.svg
    """
    values = read_parameters(parameters)
    try:
        wanted = parse_profile(profile)
    except ValueError as error:
        raise UsageError("no load was sent", str(error), "write --profile '50/s for 60s'") from error
    try:
        patience = parse_duration(drain)
    except ValueError as error:
        raise UsageError(
            "no load was sent", f"--drain: {error}", "write how long queues may take, --drain 30s"
        ) from error
    if words and locust is None:
        raise UsageError(
            f"{words[0]!r} means nothing here", "only locust takes more options", "add --locust FILE"
        )
    found, spec = _system(system, Path.cwd())
    with connect(state) as client:
        if values:
            _deploy(client, str(found.template.parent), values, quiet=as_json)
        target = _target(client, found.name, spec)
        if locust is not None:
            return run_locust(locust, target, words)
        report = uvloop.run(_run(client, target, wanted, values, patience, live=not as_json))
    if svg is not None:
        svg.write_text(as_svg(report))
    if as_json:
        emit_json(report.as_json())
    else:
        _show(report, svg)
    return 1 if tolerate is not None and report.loss * 100 > tolerate else 0


def _system(word: str | None, folder: Path) -> tuple[System, LoadSpec]:
    """The system that is named, or the one of this folder that says what a load sends."""
    named = systems_of(folder) if word is None else [find_system(word, folder)]
    found = [
        (system, system.load) for system in named or [] if system is not None and system.load is not None
    ]
    if not found:
        raise UsageError(
            f"{word or 'this folder'} says nothing about load",
            "its sandbox.toml has no [load]",
            "add [load] with a path and a body, or name a system that has it (pedidos)",
        )
    if len(found) > 1:
        names = ", ".join(system.name for system, _ in found)
        raise UsageError("no load was sent", f"several systems have [load]: {names}", "name one of them")
    return found[0]


def _deploy(client: ControlClient, folder: str, values: dict[str, str], *, quiet: bool) -> None:
    for item in client.stream("deploy", systems=[folder], cwd=folder, seed=False, parameters=values):
        progress = msgspec.convert(item, Progress)
        if not quiet or progress.state == "note":
            show_progress(progress)


def _target(client: ControlClient, name: str, spec: LoadSpec) -> Target:
    status = client.call_as(StatusView, "status")
    stack = next((stack for stack in status.stacks if stack.name == name), None)
    if stack is None:
        raise UsageError(
            f"{name} is not deployed", "no stack has its name", f"deploy it: `sandbox deploy {name}`"
        )
    base = stack.outputs.get(spec.output)
    if base is None:
        raise UsageError(
            f"the stack {name} has no output {spec.output}",
            f"it has {', '.join(stack.outputs) or 'none'}",
            "correct `output` in [load]",
        )
    headers = dict(spec.headers)
    if spec.scopes:
        made: dict[str, Any] = client.call(
            "token", sub="load", scopes=list(spec.scopes), audiences=[], ttl=24 * 3600.0
        )
        headers["Authorization"] = f"Bearer {made['token']}"
    return Target(name, base.rstrip("/") + spec.path, spec.method, spec.body, headers)


async def _run(
    client: ControlClient,
    target: Target,
    profile: Profile,
    values: dict[str, str],
    drain: float,
    *,
    live: bool,
) -> Report:
    latencies: list[float] = []

    def glance(now: Glance) -> None:
        if live:
            latencies.append(now.p95_ms)
            say(
                f"{now.at:5.1f} s  asked {now.wanted:6.0f}/s  ok {now.ok:7,}  lost {now.lost:6,}  "
                f"p95 {now.p95_ms:6.0f} ms {sparkline(latencies, 20):20}  queued {now.waiting:5,}  "
                f"cpu {now.cpu:3.0f} %"
            )

    return await run_load(client, target, profile, parameters=values, drain=drain, on_glance=glance)


def _show(report: Report, svg: Path | None) -> None:
    emit(f"sent      {report.sent:,} in {len(report.seconds)} s ({report.achieved:.1f}/s)")
    emit(f"ok        {report.ok:,}")
    emit(f"lost      {report.lost:,} ({report.loss:.2%})")
    emit(f"latency   p50 {report.p50_ms:.1f} ms, p95 {report.p95_ms:.1f} ms, p99 {report.p99_ms:.1f} ms")
    drained = (
        "not in time" if report.drained_s is None else f"done {report.drained_s:.1f} s after the last answer"
    )
    emit(f"queues    {drained}, oldest message {report.oldest_s:.1f} s")
    if report.before:
        emit(f"          {report.before:,} messages waited already when the load began")
    if used := report.processor_ms():
        emit(
            f"processor {used['all']:.2f} ms per request: sandbox {used['sandbox']:.2f}, "
            f"functions {used['functions']:.2f}, this command {used['load']:.2f}"
        )
    _causes(report)
    if report.machine:
        emit(f"machine   {report.machine}")
    if svg is not None:
        emit(f"picture   {svg}")


def _causes(report: Report) -> None:
    for cause in report.causes:
        first = "" if cause.first is None else f", first after {cause.first:.1f} s"
        emit(f"cause     {cause.name}: {cause.count:,}{first}: {cause.what}")
        if cause.setting:
            emit(f"  raise   {cause.setting}")
    limits = [cause.name for cause in report.causes if cause.setting]
    if report.bent_first == "machine":
        emit(
            "it bent first at this machine; what it lost says little about the system"
            + (f", {limits[0]} came after that" if limits else "")
        )
    elif limits:
        emit(f"it bent first at {report.bent_first}; raise that, and run again with --parameter")
