"""Runs the SAM transform in a process of its own, because importing the translator takes a second.

Reads `{"template": …, "parameters": …}` from standard input; writes `{"template": …}`, or `{"errors":
[{"logical_id",
"message"}]}`, to standard output. Imports nothing of this project.
"""

from __future__ import annotations

import json
import sys
from typing import Any


class _Policies:
    """AWS's managed policies as the translator ships them; it would ask IAM otherwise."""

    def load(self) -> dict[str, str]:
        from samtranslator.internal.managed_policies import get_bundled_managed_policy_map

        return dict(get_bundled_managed_policy_map("aws") or {})


def transform(document: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request."""
    from samtranslator.model.exceptions import ExceptionWithMessage, InvalidDocumentException
    from samtranslator.translator.transform import transform as translate

    try:
        return {"template": translate(document["template"], document["parameters"], _Policies())}
    except InvalidDocumentException as error:
        causes = list(error.causes)
    except ExceptionWithMessage as error:
        causes = [error]
    return {
        "errors": [
            {"logical_id": str(getattr(cause, "_logical_id", "") or ""), "message": cause.message}
            for cause in causes
        ]
    }


if __name__ == "__main__":
    json.dump(transform(json.load(sys.stdin)), sys.stdout)
