"""`scripts/pictures [FOLDER]`: the pictures of the documents, anew."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.e2e.harness import Sandbox
from tests.pictures.camera import take
from tests.pictures.shots import FOLDER, SHOTS
from tests.pictures.stage import Stage


def main() -> None:
    """Takes all of them first: a failure leaves the old ones as they are."""
    parser = argparse.ArgumentParser(prog="scripts/pictures", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder: Path = parser.parse_args().folder
    sandbox = Sandbox(Path(tempfile.mkdtemp(prefix="pictures-")))
    try:
        with Stage(sandbox) as stage:
            known = asdict(stage.play())
            taken = asyncio.run(take(sandbox.state, SHOTS, known, stage.enough))
    finally:
        sandbox.close()
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in taken.items():
        (folder / name).write_text(picture, encoding="utf-8")
        sys.stdout.write(f"{folder / name}\n")


if __name__ == "__main__":
    main()
