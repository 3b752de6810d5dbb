"""Runs moto as a server of the sandbox, by path, in an interpreter of its own. It imports nothing of ours.

Each request says, in headers that never reach moto, what time it is and, for a write, a seed: every id and
random byte that the write makes then comes from that seed, in whatever order requests run. Writes that are
repeated after a restart make the same resources again.
"""

from __future__ import annotations

import contextlib
import datetime as datetime_module
import json
import logging
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_READY = "moto is ready"
_SEED = "HTTP_X_SANDBOX_SEED"
_TIME = "HTTP_X_SANDBOX_TIME"
_PROBLEM = "x-sandbox-problem"
_FORM = "application/x-www-form-urlencoded"

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Moment(threading.local):
    """What a request runs with, one for each thread.

    Attributes:
        source: where randomness comes from; None: from the system.
        at: the time, which stands still while a request runs; None: the wall clock.
    """

    def __init__(self) -> None:
        self.source: random.Random | None = None
        self.at: float | None = None


def main(port: int) -> None:
    """Serves on loopback until it is ended."""
    moment = Moment()
    # Both before moto is imported: its modules take these functions over by name.
    _give_randomness(moment)
    _give_time(moment)
    application = _load_moto(moment)
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        server = make_server(
            "127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler
        )
    except SystemExit:
        # werkzeug explains a taken port in words of its own, and exits.
        print("Address already in use", file=sys.stderr, flush=True)  # noqa: T201
        raise
    print(f"{_READY} on port {port}", flush=True)  # noqa: T201
    # The interval is only for ending by `shutdown()`, which is never called: a signal ends this process.
    server.serve_forever(poll_interval=3600)


# --- what time it is, and where ids come from ------------------------------------------------------------
def _give_randomness(moment: Moment) -> None:
    """Lets `os.urandom` (and with it `uuid` and `secrets`) draw from the seed of the request that asks."""
    system = os.urandom

    def urandom(size: int, /) -> bytes:
        return moment.source.randbytes(size) if moment.source is not None else system(size)

    os.urandom = urandom


def _give_time(moment: Moment) -> None:
    """Lets `time.time` and the clocks of `datetime` tell the time of the request that asks."""
    wall = time.time
    real = datetime_module.datetime

    def now_seconds() -> float:
        return wall() if moment.at is None else moment.at

    class AnyDatetime(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

    class Datetime(real, metaclass=AnyDatetime):  # type: ignore[valid-type,misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(now_seconds(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.fromtimestamp(now_seconds(), datetime_module.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    time.time = now_seconds
    module: Any = datetime_module
    module.datetime = Datetime


@contextlib.contextmanager
def _drawing_from(moment: Moment, source: random.Random | None) -> Iterator[None]:
    before, moment.source = moment.source, source
    try:
        yield
    finally:
        moment.source = before


# --- moto ------------------------------------------------------------------------------------------------
def _load_moto(moment: Moment) -> Wsgi:
    from moto.core import base_backend
    from moto.core.config import default_user_config
    from moto.moto_api._internal import mock_random
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    # Nothing of moto's may start containers.
    default_user_config["batch"] = {"use_docker": False}
    default_user_config["lambda"] = {"use_docker": False}
    default = random.SystemRandom()
    randomness: Any = mock_random
    randomness.getrandbits = lambda bits: (moment.source or default).getrandbits(bits)
    randomness.random = lambda: (moment.source or default).random()
    _draw_nothing(base_backend.BackendDict, moment)
    _draw_nothing(base_backend.AccountSpecificBackend, moment)
    _found_accounts_alike(base_backend.AccountSpecificBackend, moment)
    return _guarded(DomainDispatcherApplication(create_backend_app), moment)


def _draw_nothing(kind: Any, moment: Moment) -> None:
    """Objects of `kind` are made whenever a module is first used, so their ids must not come from a seed."""
    original = kind.__init__

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        with _drawing_from(moment, None):
            original(self, *arguments, **named)

    kind.__init__ = init


def _found_accounts_alike(kind: Any, moment: Moment) -> None:
    """What an account has from the beginning (a default VPC) has the same ids whichever comes first."""
    original = kind.__getitem__

    def get_item(self: Any, region: str) -> Any:
        known = self.keys()  # moto's own `in` answers for every region there may be
        if region in known:
            return original(self, region)
        seed = f"sandbox/{self.service_name}/{self.account_id}/{region}"
        with _drawing_from(moment, random.Random(seed)):
            return original(self, region)

    kind.__getitem__ = get_item


# --- requests --------------------------------------------------------------------------------------------
def _guarded(application: Any, moment: Moment) -> Wsgi:
    """Gives each request its moment, and names what moto cannot do instead of showing a traceback."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seed, at = environ.pop(_SEED, None), environ.pop(_TIME, None)
        _keep_body(environ)
        try:
            # Imports the service where that is still to do, before anything draws from the seed.
            application.get_application(environ)
            moment.at = float(at) if at else None
            with _drawing_from(moment, random.Random(int(seed)) if seed else None):
                answered: Iterable[bytes] = application(environ, start_response)
                return answered
        except NotImplementedError as error:
            return _problem(start_response, "501 Not Implemented", "not-implemented", str(error))
        except Exception as error:
            traceback.print_exc()
            return _problem(start_response, "500 Error", "failed", f"{type(error).__name__}: {error}")
        finally:
            moment.at = None

    return answer


def _keep_body(environ: dict[str, Any]) -> None:
    """Has an object stored as it came, though its client calls it a form, as `curl --data-binary` does.

    It would be taken apart and be empty. No service takes forms by PUT.
    """
    if environ["REQUEST_METHOD"] == "PUT" and environ.get("CONTENT_TYPE", "").lower().startswith(_FORM):
        environ["CONTENT_TYPE"] = "binary/octet-stream"


def _problem(start_response: Callable[..., Any], status: str, kind: str, message: str) -> list[bytes]:
    body = json.dumps({"message": message}).encode()
    headers = [(_PROBLEM, kind), ("content-type", "application/json"), ("content-length", str(len(body)))]
    start_response(status, headers, sys.exc_info())
    return [body]


if __name__ == "__main__":
    main(int(sys.argv[1]))
