"""A function whose folder does not hold its handler is deployed, as on AWS, and told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.deploy.harness import Bench

SAM = "`sam build` makes it: deploy .aws-sam/build/template.yaml then"


def notices(bench: Bench, runtime: str, handler: str, more: str = "") -> list[str]:
    (bench.folder / "code").mkdir(exist_ok=True)
    bench.deploy(f"""
        Resources:
          Fn:
            Type: AWS::Lambda::Function
            Properties:
              Code: code/
              Runtime: {runtime}
              Handler: {handler}
              Role: arn:aws:iam::000000000000:role/r
              {more}
    """)
    return [
        event.detail.replace(str(bench.folder.resolve()), "…")
        for event in bench.events
        if event.kind == "notice"
    ]


@pytest.mark.parametrize(
    ("runtime", "handler", "file", "missing"),
    [
        ("python3.13", "app.handler", "app.py", "there is no app.py in …/code"),
        ("python3.13", "a/b.c.handler", "a/b/c.py", "there is no a/b/c.py in …/code"),
        ("python3.13", "pkg.handler", "pkg/__init__.py", "there is no pkg.py in …/code"),
        ("nodejs20.x", "src/index.handler", "src/index.mjs", "there is no src/index.js in …/code"),
    ],
)
def test_the_file_of_a_handler(bench: Bench, runtime: str, handler: str, file: str, missing: str) -> None:
    assert notices(bench, runtime, handler) == [f"Fn: {missing}, so its invocations will fail"]
    written(bench.folder / "code" / file)
    assert notices(bench, runtime, handler) == []


def test_a_handler_that_has_to_be_built(bench: Bench) -> None:
    written(bench.folder / "code" / "app.ts")
    (notice,) = notices(bench, "nodejs20.x", "app.handler")
    assert notice.endswith(f"; app.ts has to be built: {SAM}")


def test_a_runtime_of_ones_own_has_an_executable(bench: Bench) -> None:
    (notice,) = notices(bench, "provided.al2023", "any")
    assert notice == f"Fn: there is no bootstrap in …/code, so its invocations will fail; {SAM}"
    bootstrap = written(bench.folder / "code" / "bootstrap")
    (notice,) = notices(bench, "provided.al2023", "any")
    assert "bootstrap is not executable" in notice
    bootstrap.chmod(0o755)
    assert notices(bench, "provided.al2023", "any") == []


def test_layers_may_have_it(bench: Bench) -> None:
    layer = "Layers: [arn:aws:lambda:us-east-1:000000000000:layer:l:1]"
    assert notices(bench, "python3.13", "app.handler", layer) == []


def written(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    return file
