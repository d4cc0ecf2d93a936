"""The bounded models of the specification: what `spec/manifest.toml` says of each, and whether TLC says the same."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from namesrv.check import stamp
from namesrv.check.findings import Verdict
from namesrv.check.tlc import DEFAULT_FLAGS, TEMPORAL, TlcResult, run_tlc, spec_folder

MANIFEST: Final = "manifest.toml"
RUNS: Final = ("quick", "ci", "full")
"""Each takes in those before it."""

BEGIN: Final = "<!-- models: namesrv spec check --markdown spec/README.md -->"
END: Final = "<!-- end of models -->"
"""Between them the README has the table."""

TIMEOUT_FACTOR: Final = 20
LEAST_TIMEOUT_S: Final = 300
"""How long a model may take: so many times its rough time, and no less than this."""

LONG_S: Final = 15
"""A model that takes longer than that is worth Java's better code (`tlc.JVM_LONG`)."""


class ManifestError(ValueError):
    """The manifest is not as its head says; the text says where, what was expected, and what is there."""


@attrs.frozen(kw_only=True)
class SpecModel:
    """A row: `spec/NAME.cfg` of `spec/MODULE.tla`. `seconds` is rough. Counts are `None` where nothing is said about them."""

    name: str
    module: str
    purpose: str
    expect: Verdict
    seconds: int
    run: str
    violates: str | None = None
    distinct: int | None = None
    depth: int | None = None
    flags: tuple[str, ...] = DEFAULT_FLAGS

    def by_hand(self) -> str:
        """The command for stock TLC, from the folder above `spec`."""
        flags = " ".join(self.flags)
        return f"java -cp tla2tools.jar tlc2.TLC {flags} -workers 1 -config spec/{self.name}.cfg spec/{self.module}.tla"


@attrs.frozen(kw_only=True)
class Checked:
    """A model and what TLC says. `verdict` holds if that is what the manifest expects; else `reason` says what is not."""

    model: SpecModel
    result: TlcResult
    verdict: Verdict
    reason: str = ""


def load_models(file: Path | None = None) -> tuple[SpecModel, ...]:
    """Every model, in the manifest's order. Raises `NotAvailable` without a specification, `ManifestError`."""
    path = spec_folder() / MANIFEST if file is None else file
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"{path}: expected a manifest, got {error}") from error
    models = tuple(_read(row, f"{path}: model {number}") for number, row in enumerate(data.get("model", ()), start=1))
    names = [model.name for model in models]
    if not models or len(set(names)) < len(names):
        raise ManifestError(f"{path}: expected models with names of their own, got {names}")
    return models + tuple(folder_models(path.parent))


FOLDERS: Final = {"anomalies": "MCAnomalies", "mutants": "MCMutants"}
"""Folders of `.cfg` files that are models by themselves, all of one module, and fail: too many for the manifest."""

EXPECTED: Final = re.compile(r"\A\\\* (.*)\. Expected: (\w+) is violated\.$.*^INVARIANT \2$", re.MULTILINE | re.DOTALL)


def folder_models(spec: Path) -> Iterator[SpecModel]:
    """Each `.cfg` of those folders says on its first line what it is and what it violates. Raises `ManifestError`."""
    for folder, module in FOLDERS.items():
        for config in sorted((spec / folder).glob("*.cfg")):
            said = EXPECTED.search(config.read_text(encoding="utf-8"))
            if said is None:
                raise ManifestError(
                    f"{config}: expected a first line that says which invariant is violated, and that one"
                )
            yield SpecModel(
                name=f"{folder}/{config.stem}",
                module=module,
                purpose=said[1],
                expect=Verdict.VIOLATED,
                violates=said[2],
                seconds=4,
                run="full",
            )


def _read(row: dict[str, Any], where: str) -> SpecModel:
    types = {"name": str, "module": str, "purpose": str, "expect": str, "violates": str, "run": str,
             "distinct": int, "depth": int, "seconds": int, "flags": list}  # fmt: skip
    for key, value in row.items():
        if key not in types or type(value) is not types[key]:
            raise ManifestError(f"{where}: expected {', '.join(types)} of their types, got {key} = {value!r}")
    try:
        model = SpecModel(
            **{**row, "expect": Verdict(row.get("expect")), "flags": tuple(row.get("flags", DEFAULT_FLAGS))}
        )
    except (TypeError, ValueError) as error:
        raise ManifestError(f"{where}, {row.get('name')}: {error}") from error
    if model.run not in RUNS:
        raise ManifestError(f"{where}, {model.name}: run: expected one of {RUNS}, got {model.run!r}")
    if (model.expect is Verdict.VIOLATED) != (model.violates is not None) or model.expect is Verdict.UNKNOWN:
        raise ManifestError(f"{where}, {model.name}: expected `holds`, or `violated` and what is violated")
    if model.expect is Verdict.HOLDS and None in (model.distinct, model.depth):
        raise ManifestError(f"{where}, {model.name}: expected distinct and depth of a model that holds")
    return model


def within(models: Iterable[SpecModel], run: str) -> tuple[SpecModel, ...]:
    """Those that belong to that run: `ci` has the quick ones too, `full` all."""
    return tuple(model for model in models if RUNS.index(model.run) <= RUNS.index(run))


def check_model(model: SpecModel, progress: Callable[[str], None] = lambda line: None) -> Checked:
    """Runs stock TLC. Raises `NotAvailable`."""
    timeout_s = max(LEAST_TIMEOUT_S, TIMEOUT_FACTOR * model.seconds)
    is_long = model.seconds > LONG_S
    result = run_tlc(model.module, model.name, timeout_s, flags=model.flags, is_long=is_long, progress=progress)
    return judge(model, result)


def judge(model: SpecModel, result: TlcResult) -> Checked:
    """Whether TLC says what the manifest expects: no verdict is none, another one, or another count, is a violation."""
    if result.verdict is Verdict.UNKNOWN:
        last = next((line for line in reversed(result.text.splitlines()) if line.strip()), "nothing")
        return Checked(model=model, result=result, verdict=Verdict.UNKNOWN, reason=f"TLC came to no verdict: {last}")
    wrong = [
        f"{what}: expected {expected}, got {got}"
        for what, expected, got in (
            ("result", model.expect.value, result.verdict.value),
            ("violated", model.violates, model.violates if result.violated == TEMPORAL else result.violated),
            ("distinct states", model.distinct, result.distinct_states),
            ("depth", model.depth, result.depth),
        )
        if expected != got and not (expected is None and model.expect is result.verdict and what != "violated")
    ]
    verdict = Verdict.VIOLATED if wrong else Verdict.HOLDS
    return Checked(model=model, result=result, verdict=verdict, reason="; ".join(wrong))


def table(models: Sequence[SpecModel]) -> str:
    """The README's table, in Markdown."""
    rows = [
        "| config | module | asks | expected | distinct states | depth | time | in |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for m in models:
        if "/" in m.name:
            continue
        expected = m.expect.value if m.violates is None else f"`{m.violates}` violated"
        counts = ("" if m.distinct is None else f"{m.distinct:,}", "" if m.depth is None else str(m.depth))
        rows.append(
            f"| `{m.name}` | `{m.module}` | {m.purpose} | {expected} | {counts[0]} | {counts[1]} | {m.seconds} s | {m.run} |"
        )
    return "\n".join(rows)


def with_table(text: str, models: Sequence[SpecModel]) -> str:
    """The README with its table as the manifest has it. Raises `ManifestError` if it has no place for one."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ManifestError(f"expected a place for the table, between {BEGIN} and {END}")
    stamped = stamp.stamped(table(models), made_of(models))
    return f"{before}{BEGIN}\n{stamped}{END}{after}"


def stamped_table(text: str) -> str:
    """What the README has there."""
    return text.partition(BEGIN)[2].partition(END)[0]


def made_of(models: Sequence[SpecModel]) -> str:
    """A hash of the manifest. That it is right TLC says."""
    return stamp.digest(*map(repr, models))


def as_data(checked: Sequence[Checked]) -> list[dict[str, Any]]:
    """For `--json`."""
    return [
        {
            "model": c.model.name,
            "module": c.model.module,
            "verdict": c.verdict.value,
            "reason": c.reason,
            "expected": {"result": c.model.expect.value, "violated": c.model.violates,
                         "distinct": c.model.distinct, "depth": c.model.depth},
            "got": {"result": c.result.verdict.value, "violated": c.result.violated,
                    "distinct": c.result.distinct_states, "depth": c.result.depth},
            "seconds": round(c.result.seconds, 1),
            "by_hand": c.model.by_hand(),
        }
        for c in checked
    ]  # fmt: skip
