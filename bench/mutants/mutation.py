"""A mutation: one line of one of Apache's classes, changed as somebody might change it by mistake."""

import hashlib
import re
from typing import Final

import attrs

SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*")
NAMESRV: Final = "namesrv"
"""The artifact that most are in; the others are what it stands on, `remoting` and `common`."""

METHOD_END: Final = "\n    }\n"
"""What the last line of a method looks like in these sources."""


class DoesNotApply(ValueError):
    """The source is not as the mutation expects it."""


def _is_a_slug(mutation: object, attribute: object, slug: str) -> None:
    if not SLUG.fullmatch(slug):
        raise ValueError(f"a slug is group/what-is-wrong, got {slug!r}")


@attrs.frozen
class Mutation:
    """`slug`: `group/what-is-wrong`. `source`: the class, below `org.apache.rocketmq` and the package of its `artifact`.

    From the text `within` on, which is in the file once, to the end of that method, `find` stands once; `replace` takes its
    place. `breaks`: what it does to whom, in a sentence. `excluded`: why nobody could find it from outside; it is not run then.
    """

    slug: str = attrs.field(validator=_is_a_slug)
    source: str
    within: str
    find: str
    replace: str
    breaks: str
    excluded: str | None = None
    artifact: str = NAMESRV

    @property
    def path(self) -> str:
        """The class, below `org.apache.rocketmq`: `namesrv/routeinfo/RouteInfoManager`."""
        return f"{self.artifact}/{self.source}"

    @property
    def group(self) -> str:
        """What it is about."""
        return self.slug.partition("/")[0]

    @property
    def digest(self) -> str:
        """Changes with what is changed where."""
        where = self.source if self.artifact == NAMESRV else self.path
        what = (where, self.within, self.find, self.replace)
        return hashlib.sha256("\0".join(what).encode()).hexdigest()[:12]

    def apply(self, text: str) -> str:
        """The mutated source. Raises `DoesNotApply`."""
        self._expect_one(self.within, text, self.source)
        begin = text.index(self.within)
        end = text.find(METHOD_END, begin)
        region = text[begin : end if end >= 0 else len(text)]
        self._expect_one(self.find, region, f"{self.source}, {self.within!r}")
        return text[:begin] + region.replace(self.find, self.replace) + text[begin + len(region) :]

    def _expect_one(self, needle: str, text: str, where: str) -> None:
        found = text.count(needle)
        if found != 1:
            raise DoesNotApply(f"{self.slug}: {where}: expected {needle!r} once, got it {found} times")
