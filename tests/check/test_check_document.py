"""The JSON document of a check keeps to its schema, and the schema says all of it."""

from typing import Any

import attrs
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from namesrv.check.check_document import FORMAT, as_json
from namesrv.check.check_report import CheckReport
from namesrv.check.schemas import schema
from tests.check.reports import EVERYTHING, FINE, STOPPED

NOTHING = attrs.evolve(FINE, suite=None, search=None, expiry=None)


def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema("check"))
    return Draft202012Validator(schema("check"))


@pytest.mark.parametrize(
    "report", [EVERYTHING, FINE, STOPPED, NOTHING], ids=["everything", "fine", "stopped", "nothing"]
)
def test_every_document_keeps_to_the_schema(report: CheckReport) -> None:
    validator().validate(as_json(report))


@pytest.mark.parametrize("report", [EVERYTHING, FINE, STOPPED], ids=["everything", "fine", "stopped"])
def test_the_schema_names_every_key_that_is_written(report: CheckReport) -> None:
    """Keys may be added, so the schema forbids none; but what is written is promised."""
    document, known = as_json(report), schema("check")
    clause = known["$defs"]["clause"]["properties"]
    violation = known["$defs"]["violation"]["properties"]
    assert document.keys() <= known["properties"].keys()
    for row in document["clauses"]:
        assert row.keys() <= clause.keys()
        assert row.get("violation", {}).keys() <= violation.keys() | {"command"}
    for group in document["groups"]:
        assert group.keys() <= known["properties"]["groups"]["items"]["properties"].keys()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), FORMAT + 1),
        (("verdict",), "fine"),
        (("clauses", 0, "slug"), "not a slug"),
        (("clauses", 0, "result"), "violated"),
        (("clauses", 1, "violation", "expected"), "SUCCESS"),
        (("seed",), "5"),
        (("groups", 0, "departures"), {"ought": 1}),
    ],
    ids=str,
)
def test_the_schema_notices_what_is_wrong(path: tuple[Any, ...], value: Any) -> None:
    document = as_json(EVERYTHING)
    *way, last = path
    at: Any = document
    for key in way:
        at = at[key]
    at[last] = value
    with pytest.raises(ValidationError):
        validator().validate(document)


def test_what_was_found_is_told_to_machines_too() -> None:
    document = as_json(EVERYTHING)
    assert document["verdict"] == "violated"
    assert document["violation"]["replay"] == "kept.json"
    assert document["left_behind"] == ["nk1-C nk1-a"]
    assert document["expiry"] == {"verdict": "unknown", "summary": "3 of 5 silent brokers are still there"}
    by_slug = {row["slug"]: row for row in document["clauses"]}
    leaves = by_slug["unregister-broker/leaves"]
    assert leaves["violation"]["got"] == "SUCCESS"
    assert leaves["violation"]["command"].endswith("--clause unregister-broker/leaves --own")
    assert by_slug["register-broker/older-state-version"]["sentence"] is None
    assert by_slug["unknown-code/answered"]["reason"].startswith("the connection was lost")
    assert as_json(STOPPED)["reason"] == "nobody there"
