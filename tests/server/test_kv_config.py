"""KV configs of our server, byte for byte as the real releases answer, and the file that keeps them."""

import json
from pathlib import Path

import pytest

from namesrv.server.kv_config import KVConfigError, KVConfigManager
from tests.server.peers import CODES, PROFILES, server_and_peers
from tests.server.test_exact_answers import header, raw_answer

ODD = 'ä/"x\\日😀\x01\u2028'
"""What the releases were asked with; how each writes it was seen."""


@pytest.mark.parametrize("profile", PROFILES)
def test_keys_are_put_found_listed_and_deleted_as_apache_writes_it(profile: str) -> None:
    key = {"namespace": "n", "key": "k"}
    missing = header(profile, 22, ext="{}", remark="No config item, Namespace: n Key: k")
    with server_and_peers(profile=profile) as (_, [peer]):
        assert raw_answer(peer, CODES.GET_KV_CONFIG, key) == missing
        assert raw_answer(peer, CODES.DELETE_KV_CONFIG, key) == header(profile)
        absent = header(profile, 22, remark="No config item, Namespace: n")
        assert raw_answer(peer, CODES.GET_KVLIST_BY_NAMESPACE, {"namespace": "n"}) == absent
        assert raw_answer(peer, CODES.PUT_KV_CONFIG, key | {"value": "v"}) == header(profile)
        assert raw_answer(peer, CODES.GET_KV_CONFIG, key) == header(profile, ext='{"value":"v"}')
        assert raw_answer(peer, CODES.PUT_KV_CONFIG, {"namespace": "n", "key": "z"}) == header(profile)
        listed = header(profile) + b'{"table":{"k":"v"}}'
        assert raw_answer(peer, CODES.GET_KVLIST_BY_NAMESPACE, {"namespace": "n"}) == listed
        assert raw_answer(peer, CODES.DELETE_KV_CONFIG, key) == header(profile)
        assert raw_answer(peer, CODES.GET_KV_CONFIG, key) == missing
        assert raw_answer(peer, CODES.GET_KVLIST_BY_NAMESPACE, {"namespace": "n"}) == header(profile) + b'{"table":{}}'
        refused = header(profile, 1, remark="namespace or key is null")
        for ext in (None, {"namespace": "n"}, {"key": "k"}):
            assert raw_answer(peer, CODES.PUT_KV_CONFIG, ext) == refused
        null = header(profile, 22, ext="{}", remark="No config item, Namespace: null Key: null")
        assert raw_answer(peer, CODES.GET_KV_CONFIG) == null


@pytest.mark.parametrize("profile", PROFILES)
def test_odd_characters_are_written_as_the_release_s_json_library_does(profile: str) -> None:
    has_fastjson_1 = profile in ("apache-4.9.7", "apache-5.1.4", "apache-5.3.3")
    written = 'ä/\\"x\\\\日😀\\u0001' + ("\\u2028" if has_fastjson_1 else "\u2028")
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.ask(CODES.PUT_KV_CONFIG, {"namespace": "o", "key": ODD, "value": ODD})
        answer = peer.ask(CODES.GET_KVLIST_BY_NAMESPACE, {"namespace": "o"})
        assert answer.body == f'{{"table":{{"{written}":"{written}"}}}}'.encode()
        assert peer.ask(CODES.GET_KV_CONFIG, {"namespace": "o", "key": ODD}).ext_fields == {"value": ODD}


def test_the_next_server_has_the_keys_of_the_one_before(tmp_path: Path) -> None:
    with server_and_peers(profile="strict", data=tmp_path) as (_, [peer]):
        peer.ask(CODES.PUT_KV_CONFIG, {"namespace": "n", "key": "k", "value": "v"})
        peer.ask(CODES.PUT_KV_CONFIG, {"namespace": "n", "key": "gone", "value": "v"})
        peer.ask(CODES.DELETE_KV_CONFIG, {"namespace": "n", "key": "gone"})
        peer.ask(CODES.PUT_KV_CONFIG, {"namespace": "m", "key": "no value"})
    file = json.loads((tmp_path / "kvConfig.json").read_bytes())
    assert file == {"configTable": {"n": {"k": "v"}, "m": {}}}
    assert json.loads((tmp_path / "kvConfig.json.bak").read_bytes()) == {"configTable": {"n": {"k": "v"}}}
    with server_and_peers(profile="strict", data=tmp_path) as (_, [peer]):
        assert peer.ask(CODES.GET_KV_CONFIG, {"namespace": "n", "key": "k"}).ext_fields == {"value": "v"}
        assert peer.ask(CODES.GET_KVLIST_BY_NAMESPACE, {"namespace": "m"}).body == b'{"table":{}}'


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"configTable":[]}', b'{"configTable":{"n":{"k":1}}}'])
def test_a_file_of_another_shape_is_refused_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "kvConfig.json"
    file.write_bytes(content)
    with pytest.raises(KVConfigError, match=r"kvConfig\.json: expected"):
        KVConfigManager(tmp_path)
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_written_does_not_keep_a_key_from_being_put(tmp_path: Path) -> None:
    keys = KVConfigManager(tmp_path)
    (tmp_path / "kvConfig.json.tmp").mkdir()
    keys.put("n", "k", "v")
    assert keys.get("n", "k") == "v"
    assert not (tmp_path / "kvConfig.json").exists()
