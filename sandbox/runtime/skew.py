"""A function's wall clock that is wrong: replaces Python's own before the function is loaded.

Executed by `child.py` in the worker, by the interpreter of the function's runtime (Python 3.9 or later); it
must not import `sandbox`. What counts durations (`time.monotonic`) stays right, as on a machine whose clock
was set wrong; packages that the zygote imported hold on to what they have of `datetime` by name.
"""

from __future__ import annotations

import datetime as datetimes
import time as times
from collections.abc import Callable
from typing import Any


def install(seconds: float) -> None:
    """Has `time` and `datetime` tell the time `seconds` off, for whatever is imported from now on."""
    delta = datetimes.timedelta(seconds=seconds)
    real = datetimes.datetime
    utc = datetimes.timezone.utc  # noqa: UP017 - Python 3.9 has no datetime.UTC

    def now(tz: Any = None) -> Any:
        return real.now() + delta if tz is None else (real.now(utc) + delta).astimezone(tz)

    _install_time(seconds)
    moments = {"now": now, "utcnow": lambda: now(utc).replace(tzinfo=None), "today": now}
    for name, changed in (("datetime", moments), ("date", {"today": lambda: now().date()})):
        setattr(datetimes, name, _stand_in(getattr(datetimes, name), changed))


def _stand_in(real: type, changed: dict[str, Callable[..., Any]]) -> type:
    """A class like `real` but for some functions: its instances are real, and real ones are its instances."""

    class Meta(type):
        def __call__(cls, *args: Any, **named: Any) -> Any:
            return real(*args, **named) if cls is made else type.__call__(cls, *args, **named)

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, real) if cls is made else type.__instancecheck__(cls, instance)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real) if cls is made else type.__subclasscheck__(cls, subclass)

    members = {name: staticmethod(function) for name, function in changed.items()}
    made = Meta(real.__name__, (real,), {**members, "__module__": "datetime", "__slots__": ()})
    return made


def _install_time(seconds: float) -> None:
    real_time, real_ns = times.time, times.time_ns
    nanoseconds = round(seconds * 1e9)

    def time() -> float:
        return real_time() + seconds

    def at_present(real: Callable[[float], Any]) -> Callable[..., Any]:
        return lambda at=None: real(time() if at is None else at)

    local, strftime = times.localtime, times.strftime
    replaced: dict[str, Any] = {
        "time": time,
        "time_ns": lambda: real_ns() + nanoseconds,
        "gmtime": at_present(times.gmtime),
        "localtime": at_present(local),
        "ctime": at_present(times.ctime),
        "strftime": lambda form, at=None: strftime(form, local(time()) if at is None else at),
    }
    for name, function in replaced.items():
        setattr(times, name, function)
