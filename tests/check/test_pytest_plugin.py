"""The fixtures that an installed package brings to whoever tests with pytest: what they see, with nothing of ours imported."""

import importlib.util
import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

GUIDE = Path(__file__).parents[2] / "docs/testing-clients.md"

ASK = """
import json, socket, struct

def ask(server, code, **fields):
    header = json.dumps({"code": code, "opaque": 1, "flag": 0, "version": 513, "extFields": fields}).encode()
    with socket.create_connection((server.host, server.port), timeout=60) as peer:
        peer.sendall(struct.pack(">ii", 4 + len(header), len(header)) + header)
        length, header_length = struct.unpack(">ii", peer.recv(8, socket.MSG_WAITALL))
        rest = peer.recv(length - 4, socket.MSG_WAITALL)
        return json.loads(rest[:header_length]), rest[header_length:]
"""


@pytest.fixture
def others(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with a project of somebody else's. Its pytest takes markers as strictly as ours."""
    pytester.makepyfile(asking=ASK)
    pytester.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    return pytester


def test_a_nameserver_is_there_for_each_test_with_tables_of_its_own(others: pytest.Pytester) -> None:
    others.makepyfile(
        """
        from asking import ask
        import pytest

        @pytest.mark.parametrize("topic", ["a", "b"])
        def test_it(nameserver, stand_in_broker, topic):
            assert ask(nameserver, 105, topic="a")[0]["code"] == 17
            stand_in_broker(nameserver, topics=["a", "b"])
            header, body = ask(nameserver, 105, topic=topic)
            assert header["code"] == 0 and b"broker-a" in body
            assert nameserver.address == f"{nameserver.host}:{nameserver.port}"
        """
    )
    others.runpytest_subprocess().assert_outcomes(passed=2)


def test_the_profile_comes_from_the_marker_or_from_a_parameter(others: pytest.Pytester) -> None:
    others.makepyfile(
        """
        from asking import ask
        import pytest

        def test_strict(nameserver):
            assert nameserver.server.profile.name == "strict"

        @pytest.mark.nameserver("apache-4.9.7")
        def test_marker(nameserver):
            assert ask(nameserver, 105, topic="a")[0]["version"] == 407

        @pytest.mark.parametrize("nameserver", ["apache-5.1.4", "apache-5.3.3"], indirect=True)
        def test_parameter(nameserver):
            assert ask(nameserver, 105, topic="a")[0]["version"] in (441, 479)
        """
    )
    others.runpytest().assert_outcomes(passed=4)


def test_the_clock_is_held(others: pytest.Pytester) -> None:
    others.makepyfile(
        """
        from asking import ask

        def test_it(nameserver, stand_in_broker):
            stand_in_broker(nameserver, topics=["a", "b"])
            nameserver.advance(120_000)
            assert nameserver.scan() == 0
            nameserver.advance(1)
            assert nameserver.scan() == 1
            assert ask(nameserver, 105, topic="a")[0]["code"] == 17
        """
    )
    others.runpytest().assert_outcomes(passed=1)


def test_a_stand_in_leaves_as_brokers_do(others: pytest.Pytester) -> None:
    others.makepyfile(
        """
        from asking import ask
        import time

        def gone(nameserver):
            give_up = time.monotonic() + 120
            while ask(nameserver, 105, topic="a")[0]["code"] != 17:
                assert time.monotonic() < give_up
            return True

        def test_it(nameserver, stand_in_broker):
            broker = stand_in_broker(nameserver, topics=["a", "b"])
            broker.register(["a", "c"])
            assert ask(nameserver, 105, topic="c")[0]["code"] == 0
            broker.unregister()
            assert gone(nameserver)
            stand_in_broker(nameserver, topics=["a", "b"]).crash()
            assert gone(nameserver)

        def test_a_refusal_is_told(nameserver, stand_in_broker):
            try:
                stand_in_broker(nameserver, topics=["one"])
            except ValueError as error:
                assert "register broker failed" in str(error)
            else:
                raise AssertionError
        """
    )
    others.runpytest().assert_outcomes(passed=2)


@pytest.mark.parametrize("fixture", ["nameserver", "apache_nameserver"])
def test_a_profile_that_there_is_not_is_one_clear_error(others: pytest.Pytester, fixture: str) -> None:
    others.makepyfile(
        f"""
        import pytest

        @pytest.mark.nameserver("apache-6.0.0")
        def test_it({fixture}):
            pass
        """
    )
    done = others.runpytest()
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*apache-6.0.0*"])


@pytest.mark.oracle
def test_the_real_namesrv_is_there_as_well(others: pytest.Pytester, apache_nameserver: object) -> None:
    """Our own fixture comes first: where there is no Java, both skip."""
    others.makepyfile(
        """
        from asking import ask
        import pytest

        @pytest.mark.nameserver("apache-4.9.7")
        def test_it(apache_nameserver, stand_in_broker):
            stand_in_broker(apache_nameserver, topics=["a", "b"])
            header, body = ask(apache_nameserver, 105, topic="a")
            assert header["version"] == 407 and b"broker-a" in body
        """
    )
    others.runpytest().assert_outcomes(passed=1)


def test_without_java_the_test_is_skipped_with_the_reason(
    others: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NAMESRV_REQUIRE", raising=False)
    others.makeconftest(
        """
        import namesrv.check.java
        namesrv.check.java.candidates = lambda: iter(())
        """
    )
    others.makepyfile("def test_it(apache_nameserver): raise AssertionError")
    done = others.runpytest_subprocess("-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(["*no Java*install a JDK*"])


def test_nothing_is_loaded_until_a_fixture_is_used(others: pytest.Pytester) -> None:
    others.makepyfile(
        """
        import sys

        def test_it():
            loaded = sorted(name for name in sys.modules if name.startswith("namesrv"))
            assert loaded == ["namesrv", "namesrv.check", "namesrv.check.pytest_plugin"]
            assert not {"z3", "numpy", "rpds", "orjson", "rich"} & set(sys.modules)
        """
    )
    others.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_fixtures_and_the_marker_are_told_of(others: pytest.Pytester) -> None:
    others.runpytest("--fixtures").stdout.fnmatch_lines_random(
        ["nameserver -- *", "apache_nameserver -- *", "stand_in_broker -- *"]
    )
    others.runpytest("--markers").stdout.fnmatch_lines(["@pytest.mark.nameserver(profile, *"])


@pytest.mark.peers
@pytest.mark.skipif(
    importlib.util.find_spec("rocketmq") is None, reason="rocketmq is missing: pip install rocketmq==0.4.4"
)
def test_the_guide_s_client_test_passes(others: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(others.path))  # the C++ client logs there
    code = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[-1]
    others.makepyfile(code)
    others.runpytest_subprocess().assert_outcomes(passed=3)
