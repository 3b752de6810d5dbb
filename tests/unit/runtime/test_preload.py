"""What a zygote may import before it knows the function."""

from __future__ import annotations

from pathlib import Path

from sandbox.runtime.preload import choose


def packages(folder: Path, *names: str) -> str:
    for name in names:
        (folder / name).mkdir(parents=True)
    folder.mkdir(exist_ok=True)
    return str(folder)


def test_packages_of_the_sets_are_imported_early(tmp_path: Path) -> None:
    folders = [packages(tmp_path / "deps", "psycopg"), packages(tmp_path / "base", "boto3", "simplejson")]
    chosen = choose(folders, [packages(tmp_path / "code")], ())
    assert "boto3" in chosen
    assert "psycopg" in chosen
    assert "pydantic" not in chosen


def test_a_variable_that_a_package_reads_at_import_keeps_it_out(tmp_path: Path) -> None:
    folders = [packages(tmp_path / "deps", "psycopg", "boto3")]
    chosen = choose(folders, [packages(tmp_path / "code")], ("PSYCOPG_IMPL",))
    assert "psycopg" not in chosen
    assert "boto3" in chosen


def test_a_package_in_the_code_keeps_everything_out(tmp_path: Path) -> None:
    folders = [packages(tmp_path / "base", "boto3", "urllib3")]
    assert choose(folders, [packages(tmp_path / "code", "urllib3")], ()) == ()


def test_missing_folders_hold_nothing(tmp_path: Path) -> None:
    assert choose([str(tmp_path / "absent")], [str(tmp_path / "absent too")], ()) == ()


def test_hidden_files_are_no_packages(tmp_path: Path) -> None:
    deps, code = packages(tmp_path / "deps", "boto3"), packages(tmp_path / "code")
    for folder in (deps, code):
        Path(folder, ".gitignore").touch()
    assert "boto3" in choose([deps], [code], ())
