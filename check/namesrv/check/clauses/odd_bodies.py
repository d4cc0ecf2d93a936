"""What clauses about odd registrations are made of: bodies by hand, and who reads them.

No broker sends any of this. A port may be stricter or more lenient without a route being wrong, so most of it is *should*; that
what can't be read changes nothing is *must*.
"""

from typing import Any, Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import When, apache, apache_4
from namesrv.check.clauses.world import broker, case, styled
from namesrv.check.steps import Send
from namesrv.model.events import Request
from namesrv.model.profiles import NotUtf8, Profile

READ: Final = "DefaultRequestProcessor.registerBroker"
BODY: Final = "RegisterBrokerBody.decode"
DECODE: Final = "RemotingSerializable.decode"
FIELDS: Final = "RemotingCommand.decodeCommandCustomHeader"

MASTER: Final = broker()

VERSION: Final = '{"counter":1,"stateVersion":0,"timestamp":1}'
REST: Final = '"readQueueNums":4,"topicFilterType":"SINGLE_TAG","topicSysFlag":0,"writeQueueNums":4'
T1: Final = f'"~t1":{{"order":false,"perm":6,{REST},"topicName":"~t1"}}'
T2: Final = T1.replace("t1", "t2")


def text(version: str = VERSION, t1: str = T1, filters: str = "[]", more: str = "", wrapped: str = "") -> str:
    """A registration's body as a broker writes it, but for what is given. `wrapped`: fields that stand beside the topics."""
    return (
        f'{{"filterServerList":{filters},"topicConfigSerializeWrapper":'
        f'{{"dataVersion":{version},{wrapped}"topicConfigTable":{{{t1},{T2}}}}}{more}}}'
    )


USUAL: Final = text()


def sent(body: str | bytes, **style: Any) -> Send:
    """The master's registration with this body."""
    return styled(MASTER, body=body.encode() if isinstance(body, str) else body, **style)


def perm(value: str) -> Send:
    """A registration whose first topic has this for its perm."""
    return sent(text(t1=T1.replace('"perm":6', f'"perm":{value}')))


def order(value: str) -> Send:
    """A registration whose first topic has this for its order, which no NameServer uses."""
    return sent(text(t1=T1.replace("false", value)))


def filter_type(value: str) -> Send:
    """A registration whose first topic has this for its filter type, which no NameServer uses either."""
    return sent(text(t1=T1.replace('"SINGLE_TAG"', value)))


def counter(value: str) -> Send:
    """A registration that has this for its counter."""
    return sent(text(VERSION.replace("1", value, 1)))


def odd(name: str, severity: Severity, *steps: Send | Request, rules: tuple[Any, ...]) -> Clause:
    """A clause about a body."""
    return Clause(slug=f"register-broker/{name}", severity=severity, rules=rules, steps=case(*steps))


def of_fastjson_1(one: str, two: str, when: When) -> tuple[Any, ...]:
    """What fastjson 1.2 does (4.9.7, 5.1.4, 5.3.3), and what fastjson2 does (5.4.0, 5.5.0)."""
    return (apache_4(one, DECODE, when), apache(two, DECODE))


def read_by_all(sentence: str, source: str = DECODE) -> tuple[Any, ...]:
    """Whatever the release."""
    return (apache(sentence, source),)


def is_null(profile: Profile) -> bool:
    """Whether a body that is no UTF-8 is null."""
    return profile.json_not_utf_8 is NotUtf8.NULL


SHOULD: Final = Severity.SHOULD
MUST: Final = Severity.MUST
MAY: Final = Severity.MAY
