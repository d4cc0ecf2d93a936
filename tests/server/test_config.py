"""Our server's own configuration, byte for byte as the real releases answer, and the file that keeps it."""

from pathlib import Path

import pytest

from namesrv.server import NameServer
from namesrv.server.config import Config
from namesrv.server.profiles import SERVER_PROFILES
from tests.server.peers import CODES, PROFILES, server_and_peers
from tests.server.test_exact_answers import header, raw_answer

UPDATE, GET = CODES.UPDATE_NAMESRV_CONFIG, CODES.GET_NAMESRV_CONFIG


@pytest.mark.parametrize("profile", PROFILES)
def test_an_update_is_taken_refused_or_not_understood_as_apache_writes_it(profile: str) -> None:
    is_old = profile in ("apache-4.9.7", "apache-5.1.4")
    remark = "Can not update config path" if is_old else "Can not update config in black list."
    with server_and_peers(profile=profile) as (_, [peer]):
        assert raw_answer(peer, UPDATE) == header(profile)
        assert raw_answer(peer, UPDATE, None, b"productEnvName=x") == header(profile)
        assert raw_answer(peer, UPDATE, None, b"productEnvName=y\nkvConfigPath=") == header(profile, 16, remark=remark)
        unreadable = header(profile, 1, remark="string2Properties error")
        assert raw_answer(peer, UPDATE, None, rb"productEnvName=\u00zz") == unreadable
        answer = raw_answer(peer, GET)
        assert answer.startswith(header(profile))
        assert b"\nproductEnvName=x\n" in answer


@pytest.mark.parametrize(
    ("profile", "count"), [("apache-4.9.7", 20), ("apache-5.1.4", 36), ("apache-5.3.3", 40), ("strict", 40)]
)
def test_every_option_of_the_release_is_listed_with_where_the_server_listens(profile: str, count: int) -> None:
    with server_and_peers(profile=profile) as (server, [peer]):
        body = peer.ask(GET).body
        assert body is not None
        lines = body.decode().splitlines()
        assert len(lines) == count
        assert f"listenPort={server.port}" in lines
        assert ("bindAddress=127.0.0.1" in lines) == (profile != "apache-4.9.7")


def test_a_change_is_written_over_the_file_of_the_start_which_is_kept_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "namesrv.properties"
    file.write_text("# mine\nproductEnvName=a\nunknown=u\n")
    options = {"productEnvName": "a", "unknown": "u"}
    with server_and_peers(profile="strict", options=options, config_file=file) as (_, [peer]):
        assert peer.ask(UPDATE, None, b"configStorePath=elsewhere").code == 16
        assert file.read_text().startswith("# mine")
        peer.ask(UPDATE, None, b"productEnvName=b\nunknown=v\nother=o")
        assert file.read_bytes() == peer.ask(GET).body
    lines = file.read_text().splitlines()
    assert {"productEnvName=b", "unknown=v"} <= set(lines)
    assert not any(line.startswith("other") for line in lines)
    assert (tmp_path / "namesrv.properties.bak").read_text().startswith("# mine")


def test_a_file_that_cannot_be_written_does_not_keep_an_option_from_being_set(tmp_path: Path) -> None:
    config = Config(SERVER_PROFILES["strict"], file=tmp_path / "missing" / "namesrv.properties")
    config.update({"supportActingMaster": "true"})
    assert config.is_on("supportActingMaster")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("listed", "refused"),
    [("a;b", {"a", "b"}), ("a;;b;;", {"a", "", "b"}), (";;", set()), ("", {""}), (" a ", {"a"}), ("a b", {"a b"})],
)
def test_the_black_list_of_the_start_is_split_as_java_splits(listed: str, refused: set[str]) -> None:
    config = Config(SERVER_PROFILES["strict"], {"configBlackList": listed})
    assert {key for key in ("a", "b", "", "a b") if config.refuses({key: ""})} == refused
    assert all(config.refuses({key: ""}) for key in ("configBlackList", "rocketmqHome"))


def test_the_black_list_is_looked_at_once() -> None:
    config = Config(SERVER_PROFILES["apache-5.1.4"], {"configBlackList": "a"})
    assert not config.refuses({"a": "1", "rocketmqHome": "x"}), "5.1.4 has no such option"


def test_the_scan_interval_that_it_was_given_stands_among_its_options() -> None:
    listing = NameServer(profile="apache-5.5.0", scan_interval_ms=1_234).config.listing()
    assert b"scanNotActiveBrokerInterval=1234" in listing.splitlines()
