"""The configuration of the NameServer under test: what it was when a run began, and how it gets it back.

Paths, the port and the like are the machine's: whatever the first look shows is taken for what they are. All other options have
to be the release's defaults, or what the NameServer is said to have been started with.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs

from namesrv.check.findings import Undecided
from namesrv.check.steps import AS_IT_IS
from namesrv.model.events import Answer, GetNamesrvConfig, Request, UpdateNamesrvConfig
from namesrv.model.options import Options, started
from namesrv.model.profiles import Profile
from namesrv.model.values import ConfigText, table

UNKNOWN: Final = "0"
"""The value of the machine's that should have been shown, and was not."""

Ask = Callable[[Request], Answer | None]


class OwnConfig:
    """`ask`: sends a request that no model is told of. `values`: what the first look has shown, nothing if nobody answered."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.values = self._look()

    def _look(self) -> dict[str, str]:
        with contextlib.suppress(Undecided):  # what is wrong with it is told of the first request
            answer = self._ask(GetNamesrvConfig())
            if answer is not None and isinstance(answer.body, ConfigText):
                pairs = (line.partition("=") for line in answer.body.lines)
                return {key: value for key, _, value in pairs}
        return {}

    def options_at_start(self, profile: Profile, started_with: Mapping[str, str]) -> Options:
        """What the model begins with."""
        own = [setting.key for setting in profile.settings if setting.default is None]
        machine = {key: self.values.get(key, UNKNOWN) for key in own} if self.values else {}
        return started(profile.settings, {**started_with, **machine}, trims=profile.trims_config)

    def concrete(self, request: Request) -> Request:
        """The request with `AS_IT_IS` replaced by what is."""
        if not isinstance(request, UpdateNamesrvConfig) or request.properties is None:
            return request
        given = {
            key: self.values.get(key, "") if value == AS_IT_IS else value for key, value in request.properties.items()
        }
        return attrs.evolve(request, properties=table(given))

    def restore(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Sets again what is not as it was; what still is not, after that."""
        touched = set(keys) & set(self.values)
        if not touched:
            return ()
        wrong = self._wrong(touched)
        if wrong:
            self._ask(UpdateNamesrvConfig(properties=table(wrong)))
            wrong = self._wrong(touched)
        return tuple(sorted(wrong))

    def _wrong(self, keys: Iterable[str]) -> dict[str, str]:
        now = self._look()
        return {key: self.values[key] for key in keys if now.get(key) != self.values[key]}
