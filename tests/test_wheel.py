"""The wheel holds all that a user needs, and works where nothing else of this repository is."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing
from namesrv.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
PORTIONS = ("model", "impl", "proofs", "check")
DEADLINE_S = 600


def uv() -> str:
    """The uv that runs these tests, or the one on PATH."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        missing(NotAvailable("uv", "no uv on PATH, which builds and installs the wheel: pip install uv"))
    return found


def run(*command: str | Path, cwd: Path) -> str:
    """Its stdout, from a process that knows nothing of this one's environment. Fails with all its output."""
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "COLUMNS")}
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert done.returncode == 0, (
        f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as a release would be."""
    folder = tmp_path_factory.mktemp("wheel")
    run(uv(), "build", "--quiet", "--wheel", "--out-dir", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """Of all files in it."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("portion", PORTIONS)
def test_every_file_of_a_portion_is_in_the_wheel(names: set[str], portion: str) -> None:
    sources = [path for path in (ROOT / portion / "namesrv").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    wanted = {path.relative_to(ROOT / portion).as_posix() for path in sources}
    assert any(name.endswith(".py") for name in wanted)
    assert any(name.endswith("/py.typed") for name in wanted)
    assert wanted - names == set()


def test_the_namespace_stays_open(names: set[str]) -> None:
    assert "namesrv/__init__.py" not in names


def test_the_specification_is_in_the_wheel(names: set[str]) -> None:
    files = [path for path in (ROOT / "spec").rglob("*") if path.suffix in (".tla", ".cfg", ".toml")]
    specification = {path.relative_to(ROOT / "spec").as_posix() for path in files}
    assert any(name.endswith(".tla") for name in specification)
    assert {f"namesrv/spec/{name}" for name in specification} - names == set()


def test_nothing_else_comes_with_the_wheel(names: set[str]) -> None:
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"namesrv"}
    assert not [name for name in names if name.endswith(".pyc") or "/tests/" in name]


def test_the_license_and_the_command_are_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = {name.partition(".dist-info/")[2]: name for name in archive.namelist() if ".dist-info/" in name}
        assert "Apache License" in archive.read(metadata["licenses/LICENSE"]).decode()
        assert "namesrv = namesrv.cli.main:main" in archive.read(metadata["entry_points.txt"]).decode()


def test_what_is_installed_from_the_wheel_runs_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("\n".join(settings["tool"]["uv"]["constraint-dependencies"]) + "\n")
    run(uv(), "venv", "--quiet", "--python", sys.executable, tmp_path / "venv", cwd=tmp_path)
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run(
        *(uv(), "pip", "install", "--quiet", "--python", scripts / "python"),
        *("--constraint", constraints, wheel),
        cwd=tmp_path,
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(scripts / "namesrv", "--version", cwd=empty) == f"namesrv, version {settings['project']['version']}\n"
    shown = run(scripts / "namesrv", "--help", cwd=empty)
    for command in (name for name in COMMANDS if f"\n  {name} " in shown):
        assert f"namesrv {command} " in run(scripts / "namesrv", command, "--help", cwd=empty)
