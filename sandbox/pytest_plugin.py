"""pytest fixtures: a full local AWS for every test, in milliseconds. Guide: docs/testing.md.

Importing this costs nothing: what the fixtures need is imported when the first of them is used.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    import httpx
    import psycopg

    from sandbox.testing import Aws, Clock, Faults, Flows, Sagas, Sandbox, Stack
    from sandbox.testing.parameters import Parameters

_MARK = "sandbox"
_PACKAGE = Path(__file__).resolve().parent
#: The stacks that a test asked for, whatever their fixtures are called: such a test is about a system.
_STACKS = pytest.StashKey[list["Stack"]]()
_ENGINES = ("embedded", "docker")
#: Beside, not in, the state folder of the project: that is made and emptied by `sandbox up`.
_FAILURES = Path(".sandbox-failures")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options, and their twins for `pyproject.toml`."""
    group = parser.getgroup("sandbox", "a full local AWS")
    group.addoption(
        "--sandbox-engine",
        metavar="ENGINE",
        help="what runs the services: embedded (the default), docker, or the URL of a running sandbox",
    )
    group.addoption(
        "--sandbox-endpoint",
        metavar="URL",
        help="use a sandbox that runs already; each test gets an account of its own in it",
    )
    group.addoption(
        "--sandbox-clock-speed",
        metavar="SPEED",
        type=float,
        help="0: time stands still until a test moves it (the default); 1: real time; 60: a minute a second",
    )
    parser.addini("sandbox_clock_speed", "speed of the clock of tests", default="0")
    parser.addini("sandbox_engine", "engine that runs the services", default="embedded")
    parser.addini("sandbox_system", "system of tests that have no marker `sandbox`", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Declares the marker, and refuses what the options ask for and cannot be had."""
    config.addinivalue_line(
        "markers",
        "sandbox(system, seed=True, parameters={}): what the fixtures of sandbox deploy: a name, a "
        "folder or a template; relative paths begin at the test file, or at the root of the project; what a "
        "marker leaves out, that of the class or module says",
    )
    engine, endpoint = _engine(config)
    if endpoint is None and engine not in _ENGINES:
        raise pytest.UsageError(
            f"--sandbox-engine={engine}: there are {', '.join(_ENGINES)}, or the URL of a sandbox that runs"
        )
    try:
        usable = 0 <= _speed(config) <= 1e6
    except ValueError:
        usable = False
    if not usable:
        raise pytest.UsageError("the speed of the sandbox's clock is a number from 0 on, as 0, 1 or 60")
    if endpoint is not None and not endpoint.startswith("http://"):
        raise pytest.UsageError(f"--sandbox-endpoint={endpoint}: give a URL as `sandbox status` shows it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps the flows of a test that failed, before the next one has the sandbox to itself."""
    told = call.excinfo is not None and _tells_what_to_do(item, call.excinfo.value)
    if call.excinfo is not None and told and call.when == "call":
        call.excinfo = _as_seen_by_the_test(call.excinfo)
    report = yield
    if call.excinfo is not None and told and call.when != "call":
        report.longrepr = str(call.excinfo.value)  # around the test there are only pytest's lines, and ours
    stacks = item.stash.get(_STACKS, [])
    if report.when == "call" and report.failed and stacks:
        report.sections.append(("sandbox", _kept_flows(item, stacks[-1])))
    return report


def sandbox_fixture(*, engine: str | None = None, scope: Any = "session") -> Any:
    """Makes a fixture that gives a `Sandbox`.

    Args:
        engine: name of the engine; what option and `pyproject.toml` say by default.
        scope: how long it lives; `session` is once for each worker of pytest-xdist.
    """

    @pytest.fixture(scope=scope)
    def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
        """The sandbox of this test process; each worker of pytest-xdist has its own."""
        from sandbox.testing import Sandbox

        known, endpoint = _engine(request.config) if engine is None else (engine, None)
        with Sandbox(engine=known, endpoint=endpoint, speed=_speed(request.config)) as made:
            yield made

    return sandbox


def stack_fixture(
    system: str | Path | None = None,
    *,
    seed: bool = True,
    parameters: Parameters | None = None,
    sandbox: str = "sandbox",
) -> Any:
    """Makes a fixture that gives a `Stack`, fresh for each test.

    Args:
        system: what to deploy; what the marker `sandbox` or `pyproject.toml` says by default.
        seed: run its seeders.
        parameters: values for parameters of its template, instead of those of `sandbox.toml`. Seeders and
            parameters count where a system is named here; the marker names its own otherwise.
        sandbox: name of the fixture of the sandbox.
    """

    @pytest.fixture
    def stack(request: pytest.FixtureRequest) -> Stack:
        """The deployed system, fresh for this test: what another test did is not in it."""
        stacks: list[Stack] = request.node.stash.setdefault(_STACKS, [])
        asked = _Asked(system, seed, parameters or {}) if system is not None else _asked(request)
        made: Sandbox = request.getfixturevalue(sandbox)
        stacks.append(
            made.stack(
                _located(asked.system, request),
                seed=asked.seed,
                parameters=asked.parameters,
                cwd=request.path.parent,
            )
        )
        return stacks[-1]

    return stack


sandbox = sandbox_fixture()
stack = stack_fixture()


@pytest.fixture
def aws(stack: Stack) -> Aws:
    """boto3 clients and resources bound to the sandbox."""
    return stack.aws


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx.Client]:
    """A client of the stack's API; paths are relative to its URL."""
    with stack.http() as client:
        yield client


@pytest.fixture
def clock(stack: Stack) -> Clock:
    """The sandbox's time, which only the test moves."""
    return stack.clock


@pytest.fixture
def flows(stack: Stack) -> Flows:
    """The flows of events, of this test alone."""
    return stack.flows


@pytest.fixture
def sagas(stack: Stack) -> Sagas:
    """The sagas that the system declares."""
    return stack.sagas


@pytest.fixture
def faults(stack: Stack) -> Faults:
    """Has things go wrong in this test: duplicates, throttling, kills, lost connections."""
    return stack.faults


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A connection to this test's own clone of the stack's database."""
    with closing(stack.connect()) as connection:  # nothing to commit, whatever the test left it at
        yield connection


@pytest.fixture
def assert_no_dead_letters(stack: Stack) -> Callable[[], None]:
    """Fails when a dead-letter queue holds a message."""
    return stack.assert_no_dead_letters


@pytest.fixture
def assert_idempotent(stack: Stack) -> Callable[..., None]:
    """Fails when handling an event a second time changes anything; see `Stack.assert_idempotent`."""
    return stack.assert_idempotent


def _tells_what_to_do(item: pytest.Item, error: BaseException) -> bool:
    """Whether a failure is one of this package's, in a test of somebody's system."""
    ours = type(error).__module__.partition(".")[0] == _PACKAGE.name
    return ours and _STACKS in item.stash and not item.config.getoption("fulltrace")


def _as_seen_by_the_test(error: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    """A failure with the lines of the test that led to it, and none of this package."""
    at: TracebackType | None = error.tb
    theirs: list[TracebackType] = []
    while at is not None:
        if _PACKAGE not in Path(at.tb_frame.f_code.co_filename).parents:
            theirs.append(at)
        at = at.tb_next
    shown: TracebackType | None = None
    for one in reversed(theirs):
        shown = TracebackType(shown, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return error if shown is None else pytest.ExceptionInfo.from_exception(error.value.with_traceback(shown))


def _kept_flows(item: pytest.Item, stack: Stack) -> str:
    """Writes the flows of a failed test, and says where they are."""
    from sandbox.errors import SandboxError

    try:
        file = stack.flows.write(item.config.rootpath / _FAILURES, item.nodeid)
    except (SandboxError, OSError) as error:
        return f"the flows of this test could not be kept: {error}"
    return (
        f"the flows of this test: sandbox flow show --file {_short(file)}\n"
        f"to step through them:   sandbox tui --file {_short(file)}"
    )


def _short(file: Path) -> Path:
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def _engine(config: pytest.Config) -> tuple[str, str | None]:
    """The engine, and the URL of a sandbox that runs already, if one is to be used."""
    engine = str(config.getoption("--sandbox-engine") or config.getini("sandbox_engine"))
    endpoint = config.getoption("--sandbox-endpoint")
    if endpoint is None and "://" in engine:
        return "embedded", engine
    return engine, endpoint


def _speed(config: pytest.Config) -> float:
    asked = config.getoption("--sandbox-clock-speed")
    return float(config.getini("sandbox_clock_speed")) if asked is None else float(asked)


class _Asked(NamedTuple):
    """What a test asks for."""

    system: str | Path
    seed: bool
    parameters: Parameters


def _asked(request: pytest.FixtureRequest) -> _Asked:
    """What the markers of a test, of its class and of its module say together: the closest counts."""
    words: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for marker in request.node.iter_markers(_MARK):
        said = _said(marker)
        parameters = {**said.pop("parameters", {}), **parameters}
        words = {**said, **words}
    system = words.get("system") or str(request.config.getini("sandbox_system"))
    if not system:
        pytest.fail(
            'no system is named: mark the test with @pytest.mark.sandbox("template.yaml"), or set '
            "sandbox_system in [tool.pytest.ini_options]"
        )
    return _Asked(system, bool(words.get("seed", True)), parameters)


def _said(marker: pytest.Mark) -> dict[str, Any]:
    """The arguments of one marker."""
    words = {**dict(zip(("system",), marker.args, strict=False)), **marker.kwargs}
    unknown = sorted(words.keys() - {"system", "seed", "parameters"})
    if unknown or len(marker.args) > 1:
        more = ", ".join(unknown) or "more"
        pytest.fail(f"the marker sandbox takes a system, seed= and parameters=, not {more}")
    if not isinstance(words.get("parameters", {}), Mapping):
        pytest.fail('the marker sandbox takes parameters={"Name": "value"}')
    return words


def _located(system: str | Path, request: pytest.FixtureRequest) -> str | Path:
    """A path that begins at the test file, or at the root of the project; else a name, as it is."""
    for folder in (request.path.parent, request.config.rootpath):
        if (found := folder / system).exists():
            return found
    return system
