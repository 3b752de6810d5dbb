"""How many files this process may have open: shells start with few (1,024, on macOS 256)."""

from __future__ import annotations

import resource

#: More is not asked for: macOS refuses more than this, whatever its hard limit says.
_ENOUGH = 10_240


def allow_open_files() -> int:
    """Lets this process open as many files and connections as its hard limit allows, up to 10,240.

    Returns:
        How many it may have open now.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _ENOUGH
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)
