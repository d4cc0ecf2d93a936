"""The profiles of the specification are those of the model, field by field."""

from enum import Enum

import attrs
import pytest

from namesrv.check.spec_graph import dump_graph
from namesrv.check.theme_graph import SPEC_PROFILES
from namesrv.check.tla_values import Function, tla_value
from namesrv.model.profiles import PROFILES, Profile

NOT_READ = {
    *("mq_version", "faq_url", "answers_in_kind"),  # of answers' headers and remarks
    *("request_heartbeat_timeout", "expiry_overflows", "heartbeat_timeout_ms"),  # time is fresh or stale
    *("scan_interval_ms", "first_scan_ms", "internal_step_deadline_ms"),
    *(
        "concurrent_tables",
        "decodes_absent_body",
        "reads_topic_attributes",
        "counter_is_int",
        "parts_required",
    ),  # nothing is null or missing
    "member_group",  # nobody asks for it
    *("cluster_test_answers_everything", "ready_check_breaks", "zones"),
    *(field.name for field in attrs.fields(Profile) if field.name.startswith("json_")),
    *("settings", "sorts_config", "trims_config", "config_black_list", "config_refusal"),
}
"""Fields that the specification has no use for: spec/README.md."""

MODULE = """---- MODULE Every ----
EXTENDS Profiles
VARIABLE profiles
Init == profiles = <<Strict, Apache550, Apache540, Apache533, Apache514, Apache497>>
Next == UNCHANGED profiles
====
"""


def fields(profile: Profile) -> dict[str, object]:
    values = attrs.asdict(profile, recurse=False)
    return {name: each.value if isinstance(each, Enum) else each for name, each in values.items()}


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_every_field_of_a_profile_is_the_models_but_for_those_that_nothing_reads() -> None:
    files = {"Every.tla": MODULE, "Every.cfg": "INIT Init\nNEXT Next\n"}
    graph = dump_graph("Every", "Every", lambda variables: variables["profiles"], files=files)
    (read,) = graph.initial
    assert isinstance(read, tuple)
    assert list(SPEC_PROFILES) == list(PROFILES)
    for name, spec in zip(SPEC_PROFILES, read, strict=True):
        assert isinstance(spec, Function)
        model = fields(PROFILES[name])
        assert set(model) - set(spec) == NOT_READ
        assert {field: spec[field] for field in spec} == {field: tla_value(model[str(field)]) for field in spec}
