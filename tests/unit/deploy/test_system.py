"""Finding systems, and reading `sandbox.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.deploy.system import DatabaseSpec, SeederSpec, find_system, machine_architecture, system_names
from sandbox.errors import TemplateError, UsageError

TOML = """
name = "nfe"
template = "template.yaml"

[parameters]
Architecture = "{machine.architecture}"
Senha = "x"
Numero = 3
Sim = true

[[databases]]
resource = "Banco"
migrations = "migrations"

[[seeders]]
name = "produtos"
module = "seed.nfe"

[[seeders]]
name = "outros"
command = ["./run", "it"]
timeout = 5

[saga]
declaration = "saga.yaml"
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    folder = tmp_path / "handlers" / "nfe"
    (folder / "migrations").mkdir(parents=True)
    (folder / "template.yaml").write_text("Resources: {}")
    (folder / "sandbox.toml").write_text(TOML)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    return tmp_path


def test_a_name_is_looked_up_from_here_upwards(house: Path) -> None:
    system = find_system("nfe", house / "deep" / "er")
    assert system is not None
    folder = house / "handlers" / "nfe"
    assert (system.name, system.folder, system.template) == ("nfe", folder, folder / "template.yaml")
    assert system.parameters == {
        "Architecture": machine_architecture(),
        "Senha": "x",
        "Numero": "3",
        "Sim": "true",
    }
    assert system.databases == (DatabaseSpec("Banco", folder / "migrations"),)
    assert system.seeders == (
        SeederSpec("produtos", "seed.nfe"),
        SeederSpec("outros", None, ("./run", "it"), 5.0),
    )
    assert system.saga == folder / "saga.yaml"


def test_shipped_systems_come_last(house: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    shipped = tmp_path_factory.mktemp("shipped")
    for name in ("nfe", "outro"):
        (shipped / name).mkdir()
        (shipped / name / "template.yaml").write_text("Resources: {}")
    own = find_system("nfe", house, shipped=shipped)
    other = find_system("outro", house, shipped=shipped)
    assert own is not None
    assert own.folder == house / "handlers" / "nfe"
    assert other is not None
    assert (other.name, other.folder) == ("outro", shipped / "outro")
    assert system_names(house, shipped=shipped) == ["nfe", "outro"]


def test_what_has_to_be_in_the_parameter_store(house: Path) -> None:
    file = house / "handlers" / "nfe" / "sandbox.toml"
    file.write_text(f'{TOML}\n[parameter-store]\n"/net/vpc" = "vpc-1"\n"/net/subnets" = ["a", "b"]\n')
    system = find_system("nfe", house)
    assert system is not None
    assert system.parameter_store == {"/net/vpc": "vpc-1", "/net/subnets": ("a", "b")}


def test_a_path_names_a_system_too(house: Path) -> None:
    folder = house / "handlers" / "nfe"
    for argument in (str(folder), "handlers/nfe", str(folder / "sandbox.toml"), "handlers/nfe/sandbox.toml"):
        system = find_system(argument, house)
        assert system is not None
        assert system.databases
    bare = find_system(str(folder / "template.yaml"), house)
    assert bare is not None
    assert (bare.name, bare.parameters, bare.databases) == ("nfe", {}, ())


def test_no_argument_means_the_current_folder(house: Path) -> None:
    assert find_system(None, house) is None
    here = find_system(None, house / "handlers" / "nfe")
    assert here is not None
    assert here.name == "nfe"


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("minha_fila", "minha-fila"),
        ("9lives", "stack-9lives"),
        ("template", "x"),
        ("Pedidos.template", "Pedidos"),
    ],
)
def test_a_bare_template_gets_a_name(tmp_path: Path, stem: str, expected: str) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / f"{stem}.yml").write_text("Resources: {}")
    system = find_system(f"x/{stem}.yml", tmp_path)
    assert system is not None
    assert system.name == expected


def test_what_sam_built_is_called_as_its_source(tmp_path: Path) -> None:
    built = tmp_path / "loja" / ".aws-sam" / "build"
    built.mkdir(parents=True)
    (built / "template.yaml").write_text("Resources: {}")
    system = find_system("loja/.aws-sam/build/template.yaml", tmp_path)
    assert system is not None
    assert (system.name, system.folder) == ("loja", built)


def test_unknown_systems_get_a_hint(house: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean nfe"):
        find_system("nfes", house)
    with pytest.raises(UsageError, match="holds no system"):
        find_system("deep", house)
    with pytest.raises(UsageError, match="no system") as caught:
        find_system("../none.yaml", house / "deep")
    assert caught.value.why == f"{house / 'none.yaml'} is neither a folder nor a template file"


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ('name = "nfe"', 'nome = "nfe"', 2, "Did you mean name"),
        ('name = "nfe"', 'name = "n f e"', 2, "not a name for a stack"),
        ('name = "nfe"', "name = 3", 2, "not a text"),
        ('"template.yaml"', '"none.yaml"', 3, "no file"),
        ("{machine.architecture}", "{machine.arch}", 6, "Did you mean machine.architecture"),
        ('Senha = "x"', "Senha = []", 7, "not a text"),
        ('resource = "Banco"', 'resourse = "Banco"', 12, "Did you mean resource"),
        ('migrations = "migrations"', 'migrations = "none"', 13, "no folder"),
        ('module = "seed.nfe"', "", 15, "either a module or a command"),
        ('module = "seed.nfe"', "module = 3", 17, "not a text"),
        ('["./run", "it"]', '"./run it"', 21, "not a list"),
        ("timeout = 5", "timeout = 0", 22, "not a number of seconds"),
        ('name = "outros"', 'name = "produtos"', 15, "two seeders"),
        ("[saga]", "[sagas]", 24, "Did you mean saga"),
        ('declaration = "saga.yaml"', "", 24, "has no declaration"),
        ("[saga]", '[parameter-store]\n"/a" = 3\n[saga]', 25, "neither a text nor a list of texts"),
    ],
)
def test_mistakes_are_told_with_their_line(house: Path, old: str, new: str, line: int, expected: str) -> None:
    file = house / "handlers" / "nfe" / "sandbox.toml"
    assert old in TOML
    file.write_text(TOML.replace(old, new))
    with pytest.raises(TemplateError) as caught:
        find_system("nfe", house)
    assert caught.value.what.startswith(f"{file}:{line} ")
    assert expected in caught.value.why


@pytest.mark.parametrize("content", [b"name = ", b"\xff", b"#" * 300_000])
def test_what_is_no_toml_is_refused(house: Path, content: bytes) -> None:
    (house / "handlers" / "nfe" / "sandbox.toml").write_bytes(content)
    with pytest.raises(TemplateError):
        find_system("nfe", house)
