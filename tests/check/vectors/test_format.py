"""What is written: valid by its schema, the same each time, and free of what a runner would have to guess."""

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from namesrv.check.vectors.patterns import pattern
from namesrv.model.profiles import PROFILES
from namesrv.remoting.command import decode_command
from namesrv.remoting.frame import FrameDecoder
from tests.check.vectors.conftest import Made, lines

SCHEMA = json.loads(files("namesrv.check.vectors").joinpath("vectors.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
ANSWER: dict[str, Any] = {"opaque": 1, "code": 0, "remark": "", "extFields": {}, "body": None}


def ops(made: Made, profile: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(made(profile))]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_page_tells_every_operation() -> None:
    page = (Path(__file__).parents[3] / "docs/vectors.md").read_text()
    assert set(SCHEMA["properties"]["op"]["enum"]) == set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) - {"op"}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_line_is_valid(profile: str, made: Made) -> None:
    for op in ops(made, profile):
        VALIDATOR.validate(op)


@pytest.mark.parametrize(
    "line",
    [
        {"op": "open"},
        {"op": "reopen", "connection": 1},
        {"op": "open", "connection": 1, "more": 1},
        {"op": "vectors", "format": 1, "profile": "strict", "sequences": 1},
        {"op": "expect", "connection": 1, "matches": [], "answers": []},
        {"op": "expect", "connection": 1, "matches": ["no"], "answers": [[ANSWER]]},
        {"op": "expect", "connection": 1, "matches": ["(?s)^$"], "answers": [[ANSWER | {"code": "0"}]]},
        {"op": "close", "connection": 1},
    ],
)
def test_a_line_of_another_shape_is_not(line: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(line)


AS_INSTALLED = (
    "from hypothesis.internal.conjecture import providers; providers.is_local_module_file = lambda path: False\n"
)
"""For Hypothesis, a package out of a wheel is nobody's own, and its constants are not looked at."""


def test_the_same_vectors_are_made_each_time_in_a_clone_and_out_of_a_wheel(tmp_path: Path) -> None:
    program = (
        "import hashlib; from namesrv.check.vectors.making import make; from namesrv.model.profiles import APACHE_5_5_0\n"
        "print(hashlib.sha256(b''.join(make(APACHE_5_5_0, count=8).lines())).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", before + program],
            check=True,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed, before in (("1", ""), ("2", AS_INSTALLED))
    }
    assert len(digests) == 1
    assert not list(tmp_path.iterdir()), "nothing is left where it was called"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_decoded_request_is_the_one_in_hex(profile: str, made: Made) -> None:
    for op in ops(made, profile):
        if "hex" in op:
            (frame,) = FrameDecoder().feed(bytes.fromhex(op["hex"]))
            command = decode_command(frame)
            assert (command.code, command.opaque) == (op["request"]["code"], op["opaque"])


@pytest.mark.parametrize("profile", PROFILES)
def test_every_name_is_its_sequence_s_own(profile: str, made: Made) -> None:
    name = ""
    for op in ops(made, profile):
        name = op["name"] if op["op"] == "sequence" else name
        for key, value in (op.get("request", {}).get("extFields") or {}).items():
            if key in ("clusterName", "brokerName", "brokerAddr", "topic", "cluster", "key") and value:
                assert value.startswith(f"{name}-")


@pytest.mark.parametrize("profile", PROFILES)
def test_every_answer_that_is_due_is_told_for_runners_and_for_people(profile: str, made: Made) -> None:
    for op in ops(made, profile):
        if "matches" in op:
            assert op["matches"] == [pattern(answers) for answers in op["answers"]]


@pytest.mark.parametrize("profile", PROFILES)
def test_requests_are_numbered_within_their_connection(profile: str, made: Made) -> None:
    seen: set[tuple[str, int, int]] = set()
    name = ""
    for op in ops(made, profile):
        name = op["name"] if op["op"] == "sequence" else name
        if op["op"] in ("send", "wait"):
            number = (name, op["connection"], op["opaque"])
            assert number not in seen
            seen.add(number)


def test_where_a_release_may_answer_in_several_ways_each_is_allowed(made: Made) -> None:
    assert any(len(any_of) > 1 for op in ops(made, "apache-5.5.0") if op["op"] == "expect" for any_of in op["answers"])


def test_requests_may_be_sent_before_the_answer_to_another_is_there(made: Made) -> None:
    assert any(len(op["answers"]) > 1 for op in ops(made, "apache-5.5.0") if op["op"] == "expect")


def test_what_comes_later_is_waited_for(made: Made) -> None:
    assert any(op["op"] == "wait" for op in ops(made, "apache-5.5.0"))
