"""The catalogue's anomalies as bounded models of the specification: each a `.cfg` in which stock TLC has to find it.

`spec/MCAnomalies.tla` has for each the few requests that its story needs; TLC puts them together again in every way. What the
specification leaves out (null parts, own timeouts) it can't find: `left_out` says which and why.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import attrs

from namesrv.check.anomalies import Entry, catalogue
from namesrv.check.spec_values import LeftOut, request_value
from namesrv.check.theme_graph import SPEC_PROFILES
from namesrv.check.tla_values import TlaValue, as_tla
from namesrv.explore.catalogue import Anomaly
from namesrv.explore.peers import Silent
from namesrv.model.events import ChannelClosed, Received, Request, ScanNotActiveBroker
from namesrv.model.profiles import DISTINCT_PROFILES

MODULE: Final = "MCAnomalies"
FOLDER: Final = "anomalies"
CHANNELS: Final = {1: "One", 2: "Two"}


@attrs.frozen(kw_only=True)
class AnomalyModel:
    """One `.cfg`. `name`: without `.cfg`, from `spec` on; `theme`: its definition in `MCAnomalies.tla`."""

    name: str
    slug: str
    profile: str
    theme: str
    violates: str
    alphabet: tuple[str, ...]
    requests: int
    at_once: int
    silence: bool

    def config(self) -> str:
        """The text of the file."""
        return "\n".join(
            [
                f"\\* {self.profile}: {self.slug} (docs/anomalies.md). Expected: {self.violates} is violated.",
                "CONSTANTS",
                f"  P <- {SPEC_PROFILES[self.profile]}",
                f"  Theme <- {self.theme}",
                "SPECIFICATION Spec",
                f"INVARIANT {self.violates}",
                "",
            ]
        )

    def definition(self) -> str:
        """The theme: the few requests of the story."""
        joint = ",\n               "
        return "\n".join(
            [
                f"\\* {self.profile}: {self.slug}",
                f"{self.theme} == [",
                f"  alphabet |-> {{{joint.join(self.alphabet)}}},",
                f"  requests |-> {self.requests}, at_once |-> {self.at_once}, silence |-> {str(self.silence).upper()}]",
            ]
        )


def anomaly_models() -> tuple[AnomalyModel, ...]:
    """Every anomaly that the specification has, profile by profile."""
    found = []
    for entry, anomaly in _anomalies():
        try:
            found.append(_model(entry, anomaly))
        except LeftOut:
            continue
    return tuple(found)


def left_out() -> dict[tuple[str, str], str]:
    """By profile and slug: what the specification leaves out of those that it has not."""
    missing = {}
    for entry, anomaly in _anomalies():
        try:
            _model(entry, anomaly)
        except LeftOut as error:
            missing[anomaly.profile, entry.slug] = str(error)
    return missing


def files() -> Mapping[str, str]:
    """The text of every generated file, by its path from `spec` on."""
    models = anomaly_models()
    head = [
        f"---------------------------- MODULE {MODULE} ----------------------------",
        "(* Generated: namesrv spec anomalies. For each anomaly of docs/anomalies.md the few requests that its story needs:",
        "   TLC puts them together again in every way, and finds it. The .cfg files are in anomalies/. *)",
        "EXTENDS MCPeers",
    ]
    text = "\n\n".join(["\n".join(head), *(model.definition() for model in models)])
    made = {f"{MODULE}.tla": f"{text}\n{'=' * 77}\n", f"{FOLDER}/README.md": _readme(models, left_out())}
    return made | {f"{model.name}.cfg": model.config() for model in models}


def _readme(models: tuple[AnomalyModel, ...], missing: Mapping[tuple[str, str], str]) -> str:
    """What is here and what isn't, release by release."""
    lines = [
        "# Anomalies as models that fail",
        "",
        "Generated: `namesrv spec anomalies`. Each `.cfg` is one anomaly of [`docs/anomalies.md`](../../docs/anomalies.md).",
        "",
        "| release | anomalies | models here | not here |",
        "|---|---|---|---|",
    ]
    for profile in dict.fromkeys([*(model.profile for model in models), *(profile for profile, _ in missing)]):
        here = sum(model.profile == profile for model in models)
        gone = sum(of == profile for of, _ in missing)
        lines.append(f"| `{profile}` | {here + gone} | {here} | {gone} |")
    lines += ["", "Not here, because the catalogue's story needs what the specification leaves out:", ""]
    lines += [f"- `{profile}` `{slug}`: {reason}" for (profile, slug), reason in missing.items()]
    return "\n".join([*lines, ""])


def write(spec: Path) -> int:
    """Writes them all into that folder, and removes configs that are no more. How many models there are."""
    made = files()
    (spec / FOLDER).mkdir(exist_ok=True)
    for old in (spec / FOLDER).glob("*.cfg"):
        if f"{FOLDER}/{old.name}" not in made:
            old.unlink()
    for name, text in made.items():
        (spec / name).write_text(text, encoding="utf-8")
    return len(made) - 2


def _anomalies() -> Iterator[tuple[Entry, Anomaly]]:
    for profile in DISTINCT_PROFILES:
        for entry in catalogue():
            if profile in entry.found:
                yield entry, entry.found[profile]


def _model(entry: Entry, anomaly: Anomaly) -> AnomalyModel:
    happenings = [told.happening for told in anomaly.story]
    sent = [each for each in happenings if isinstance(each, Received)]
    alphabet = {f"<<{CHANNELS[each.channel]}, {_expression(each.request)}>>" for each in sent}
    if any(each.oneway for each in sent):  # MCPeers has no such
        raise LeftOut("requests that are not answered")
    release = anomaly.profile.removeprefix("apache-")
    return AnomalyModel(
        name=f"{FOLDER}/{release}.{entry.slug.replace('/', '.')}",
        slug=entry.slug,
        profile=anomaly.profile,
        theme=f"{re.sub(r'[^a-z0-9]+', '_', entry.slug)}_{release.replace('.', '')}",
        violates=f"Inv{min(anomaly.new)}",
        alphabet=tuple(sorted(alphabet)),
        requests=len(sent) + sum(isinstance(each, ChannelClosed) for each in happenings),
        at_once=2 if any(told.at_once for told in anomaly.story) else 1,
        silence=any(isinstance(each, Silent | ScanNotActiveBroker) for each in happenings),
    )


# A request in the words of Themes.tla -----------------------------------------------------------------------------

WORDS: Final = {
    '"h1:10911"': "H1",
    '"h2:10911"': "H2",
    '<<"C1", "a", 0>>': "A0",
    '<<"C1", "a", 1>>': "A1",
    '<<"C1", "a", 2>>': "A2",
    '<<"C1", "b", 0>>': "B0",
    '<<"C2", "a", 0>>': "ElsewhereA0",
    "[counter |-> 1, state_version |-> 0, timestamp |-> 1]": "V1",
    "[counter |-> 2, state_version |-> 0, timestamp |-> 2]": "V2",
    "[counter |-> 1, state_version |-> 0, timestamp |-> 3]": "Later",
    "[counter |-> 1, state_version |-> 1, timestamp |-> 1]": "Outranks",
}
TOPICS: Final = re.compile(r'\[perm \|-> \{"read", "write"\}, queue_nums \|-> (\d+)\]')


def _word(value: TlaValue) -> str:
    text = as_tla(value)
    return WORDS.get(text, TOPICS.sub(r"Config(\1)", text))


def _expression(request: Request) -> str:
    value = request_value(request)
    assert isinstance(value, Mapping)
    place = (value.get("cluster_name", ""), value.get("broker_name", ""), value.get("broker_id", ""))
    match value["kind"]:
        case "RegisterBroker":
            return _registration(value, place)
        case "UnregisterBroker":
            return f"Unregistration({_word(value['broker_addr'])}, {_word(place)})"
        case "QueryDataVersion" if place == ("C1", "a", 0):
            return f"Question({_word(value['broker_addr'])}, {_word(value['data_version'])})"
        case _:
            return as_tla(value)


def _registration(value: Mapping[TlaValue, TlaValue], place: tuple[TlaValue, ...]) -> str:
    body = value["body"]
    assert isinstance(body, Mapping)
    said = (value["broker_addr"], place, body["topic_config_table"], body["data_version"])
    text = f"Registration({', '.join(map(_word, said))})"
    usual: dict[str, tuple[TlaValue, TlaValue]] = {
        "ha_server_addr": (value["ha_server_addr"], "absent"),
        "enable_acting_master": (value["enable_acting_master"], "absent"),
        "full_body": (value["full_body"], "absent"),
        "body.topic_queue_mapping_info_map": (body["topic_queue_mapping_info_map"], ()),
        "body.filter_server_list": (body["filter_server_list"], ()),
    }
    others = [f"!.{field} = {as_tla(got)}" for field, (got, expected) in usual.items() if got != expected]
    return f"[{text} EXCEPT {', '.join(others)}]" if others else text
