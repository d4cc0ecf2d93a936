"""How closely an answer has to be the model's."""

from enum import Enum
from typing import Final

import attrs

from namesrv.model.events import Answer
from namesrv.model.values import table

TELLING: Final = frozenset({"changed", "value"})
"""The ext fields that are what was asked for: by `changed` a broker registers or does not, `value` is a key's."""


class Compared(Enum):
    """Each compares what the ones before it do, and more. Compared are also what reads show after each step."""

    EFFECTS = "effects"
    """Codes, bodies, and the ext fields that are the answer itself (`TELLING`)."""
    ANSWERS = "answers"
    """Besides: all ext fields. None and an empty map are the same to whoever reads one."""
    WORDING = "wording"
    """Besides: remarks, Java exceptions named in them, and an empty map of ext fields."""

    def of(self, answer: Answer) -> Answer:
        """What of the answer is compared."""
        if self is Compared.WORDING:
            return answer
        fields = dict(answer.ext_fields or {})
        if self is Compared.EFFECTS:
            fields = {key: value for key, value in fields.items() if key in TELLING}
        return attrs.evolve(answer, remark=None, exception=None, ext_fields=table(fields) if fields else None)
