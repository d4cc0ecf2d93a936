"""What the suite is made of: one sentence that a release keeps, its source, and a short case that shows it.

What is expected is not written down here: the model says it, under the profile that is asked about. So one case serves every
release, and where releases differ a clause has several rules, each with its own sentence and source.
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import Final

import attrs

from namesrv.check.compared import Compared
from namesrv.check.steps import Step
from namesrv.model.profiles import Profile

SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*")


class Severity(Enum):
    """What a departure does to users, the worst first; also how closely answers are compared in the clause's case."""

    MUST = "must"
    """Routes are wrong or lost. Compared: codes and bodies of answers, and everything that reads show afterwards."""
    SHOULD = "should"
    """Answers differ. Compared besides: ext fields."""
    MAY = "may"
    """Wording. Compared besides: remarks."""

    @property
    def compared(self) -> Compared:
        """How closely."""
        return COMPARED[self]

    def at_least(self, other: "Severity") -> bool:
        """Whether a departure is as bad as one of the other, or worse."""
        ranks = list(Severity)
        return ranks.index(self) <= ranks.index(other)


COMPARED: Final = {
    Severity.MUST: Compared.EFFECTS,
    Severity.SHOULD: Compared.ANSWERS,
    Severity.MAY: Compared.WORDING,
}


class Needs(Enum):
    """What a case asks of its surroundings; without it the clause is not run, and the report says so."""

    DESTRUCTIVE = "destructive"
    """It can harm a server beyond the run's own names."""
    SLOW = "slow"
    """It waits for minutes."""
    OWN = "own"
    """Nobody else uses the NameServer."""
    UNUSED = "unused"
    """No broker is registered: nobody hears what every broker would, be it an option. With `OWN` that is taken for granted."""

    @property
    def option(self) -> str:
        """The command's, that says it is met."""
        return f"--{(Needs.OWN if self is Needs.UNUSED else self).value}"

    @property
    def told(self) -> str:
        """When what needs it is run."""
        return f"{'where no broker is registered, or ' if self is Needs.UNUSED else ''}with {self.option}"


def always(profile: Profile) -> bool:
    """Whatever the release."""
    return True


@attrs.frozen(kw_only=True)
class Rule:
    """What some releases do. `sentence`: the requirement; `source`: `Class.method`; `tag`: one release's that does it."""

    sentence: str
    source: str
    tag: str = "rocketmq-all-5.5.0"
    when: Callable[[Profile], bool] = always


def _is_a_slug(clause: object, attribute: object, slug: str) -> None:
    if not SLUG.fullmatch(slug):
        raise ValueError(f"a slug is request/what-it-is-about, got {slug!r}")


@attrs.frozen(kw_only=True)
class Clause:
    """`slug`: lasting, `request/what`; `rules`: the first that applies to a profile is its requirement; `steps`: the case."""

    slug: str = attrs.field(validator=_is_a_slug)
    severity: Severity
    rules: tuple[Rule, ...]
    steps: tuple[Step, ...]
    needs: frozenset[Needs] = frozenset()

    @property
    def group(self) -> str:
        """The request that it is about."""
        return self.slug.partition("/")[0]

    def rule(self, profile: Profile) -> Rule | None:
        """What this release has to keep; `None` if the clause says nothing about it."""
        return next((rule for rule in self.rules if rule.when(profile)), None)
