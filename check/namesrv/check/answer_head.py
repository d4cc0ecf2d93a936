"""What of an answer stands beside what it says: flag, language, version, and whether its JSON is standard.

The flag is looked at always, for by it a client tells an answer from a request; the language where wording is compared. How
JSON is written is looked at where a clause asks for it (`Style.whole_answer`), there a header's version and form too if wording
is compared: a port has a version and a language of its own, and its routes are not wrong because of them.
"""

import re
from collections.abc import Iterator
from typing import Final

from namesrv.check.compared import Compared
from namesrv.check.steps import Header, Style
from namesrv.model.events import GetBrokerClusterInfo, GetBrokerMemberGroup, GetRouteInfoByTopic, Request
from namesrv.model.profiles import Profile
from namesrv.remoting.codes import RESPONSE_FLAG, SerializeType
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.version import MQVersion

LANGUAGE: Final = "JAVA"
KEY: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"(?!\s*:)|[{,]\s*("?)-?[0-9]++\1\s*:|"(?:[^"\\]++|\\.)*+"', re.DOTALL)
"""A text, or a number that is a key; the group has its quotes."""

Part = tuple[str, str, str]
"""What it is, what was expected, what was got."""


def departures(
    request: Request, style: Style, command: RemotingCommand, profile: Profile, compared: Compared
) -> Iterator[Part]:
    """Whatever is not as this release has it."""
    if command.flag != RESPONSE_FLAG:
        yield "the flag", str(RESPONSE_FLAG), str(command.flag)
    wording = compared is Compared.WORDING
    if wording and command.language != LANGUAGE:
        yield "the language", LANGUAGE, str(command.language)
    if not style.whole_answer:
        return
    kind = _kind(style, profile)
    if wording and command.serialize_type != kind:
        yield "the header", kind.name, SerializeType(command.serialize_type).name
    if wording and command.version != profile.mq_version:
        yield "the version", str(profile.mq_version), str(command.version)
    quoted = None if command.body is None else keys_in_quotes(command.body)
    expected = expects_quotes(request, style)
    if quoted is not None and expected is not None and quoted != expected:
        yield "keys that are numbers", _shown(quoted=expected), _shown(quoted=quoted)


def _kind(style: Style, profile: Profile) -> SerializeType:
    return SerializeType.ROCKETMQ if profile.answers_in_kind and style.header is Header.ROCKETMQ else SerializeType.JSON


def _shown(*, quoted: bool) -> str:
    return "in quotes" if quoted else "without quotes"


def keys_in_quotes(body: bytes) -> bool | None:
    """Whether keys that are numbers stand in quotes; `None` if there is none."""
    found = {bool(match[1]) for match in KEY.finditer(body) if match[0][:1] in b"{,"}
    return None if not found else found == {True}


def expects_quotes(request: Request, style: Style) -> bool | None:
    """Whether they have to: `ClientRequestProcessor.getRouteInfoByTopic`, `RemotingSerializable.encode`."""
    match request:
        case GetRouteInfoByTopic(zone_name=None):
            return style.mq_version >= MQVersion.V4_9_4 or bool(style.accept_standard_json_only)
        case GetRouteInfoByTopic() | GetBrokerClusterInfo() | GetBrokerMemberGroup():
            return False  # a route for a zone is decoded and encoded once more: `ZoneRouteRPCHook.doAfterResponse`
        case _:
            return None
