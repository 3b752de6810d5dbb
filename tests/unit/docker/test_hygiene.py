"""The embedded engine neither needs nor loads anything of Docker."""

from __future__ import annotations

import subprocess
import sys


def test_the_embedded_engine_loads_nothing_of_docker() -> None:
    code = (
        "import sys, sandbox.session.session, sandbox.engines.embedded.engine;"
        "print([name for name in sys.modules if name.split('.')[0] == 'docker' or 'engines.docker' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
