"""A few clauses for tests of those who judge and report: small, and not the suite's."""

from typing import Any, Final

from namesrv.check.clauses.clause import Clause, Needs, Rule, Severity
from namesrv.check.steps import Open, Requests, Send, Step
from namesrv.model.events import GetKVConfig, GetRouteInfoByTopic, Request, UnknownRequest
from namesrv.model.profiles import OlderStateVersion
from tests.model.worlds import query, registration, unregistration, version

ROUTE: Final = GetRouteInfoByTopic(topic="t1")


def case(*requests: Request) -> tuple[Step, ...]:
    """One connection, one request after the other."""
    sent = (Requests(sends=(Send(connection=1, request=request),)) for request in requests)
    return (Open(connection=1), *sent)


def clause(slug: str, severity: Severity, *requests: Request, **more: Any) -> Clause:
    """One rule for all releases, unless `rules` are given."""
    rule = Rule(sentence=f"What {slug} says.", source="RouteInfoManager.registerBroker")
    return Clause(slug=slug, severity=severity, steps=case(*requests), **{"rules": (rule,), **more})


TELLS_ROUTE: Final = clause("register-broker/tells-route", Severity.MUST, registration(), ROUTE)
OLDER: Final = clause(
    "register-broker/older-state-version",
    Severity.MUST,
    registration(data_version=version(state_version=2)),
    registration("h2:1", data_version=version(state_version=1)),
    rules=(
        Rule(
            sentence="An older claim is refused.",
            source="docs/strict.md",
            when=lambda profile: profile.older_state_version is OlderStateVersion.REFUSED,
        ),
        Rule(
            sentence="An older claim is ignored.",
            source="RouteInfoManager.registerBroker",
            when=lambda profile: profile.older_state_version is OlderStateVersion.IGNORED,
        ),
    ),
)
UNCHANGED: Final = clause("query-data-version/unchanged", Severity.MUST, registration(), query(data_version=version()))
LEAVES: Final = clause("unregister-broker/leaves", Severity.MUST, registration(), unregistration(), ROUTE)
TOLD_OF_MASTER: Final = clause(
    "register-broker/told-of-master",
    Severity.SHOULD,
    registration(ha_server_addr="h1:2"),
    registration("h2:1", broker_id=1),
)
NO_ROUTE: Final = clause("get-route/no-route-remark", Severity.MAY, ROUTE)
NO_KEY: Final = clause("get-kv-config/no-key", Severity.SHOULD, GetKVConfig(namespace="namesrv-check-never", key="k"))
UNKNOWN_CODE: Final = clause("unknown-code/answered", Severity.SHOULD, UnknownRequest(code=9_999))
HARMFUL: Final = clause(
    "register-broker/harmful", Severity.MUST, registration(), needs=frozenset({Needs.DESTRUCTIVE, Needs.OWN})
)

SMALL: Final = (TELLS_ROUTE, OLDER, TOLD_OF_MASTER, UNCHANGED, LEAVES, NO_ROUTE, NO_KEY, UNKNOWN_CODE, HARMFUL)
