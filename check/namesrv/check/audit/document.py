"""An audit for machines: a JSON document, kept to `schemas/audit.schema.json`, and for Prometheus.

`format` goes up when something that was promised is taken away or means something else; keys may be added at any time.
"""

from importlib.metadata import version
from typing import Any, Final

from namesrv.check.audit.audited import Audit, Finding
from namesrv.check.audit.snapshots import Look

FORMAT: Final = 1


def as_json(audit: Audit) -> dict[str, Any]:
    """The audit for machines."""
    return {
        "format": FORMAT,
        "namesrv": version("namesrv"),
        "verdict": audit.verdict.value,
        "reason": audit.reason,
        "snapshots": audit.snapshots,
        "asked_for": audit.asked_for,
        "name_servers": [_name_server(look) for look in audit.looks],
        "findings": [_finding(finding) for finding in audit.findings],
        "fleeting": [sign.says for sign in audit.fleeting],
        "remarks": list(audit.remarks),
    }


def _name_server(look: Look) -> dict[str, Any]:
    seen = look.seen
    return {
        "address": look.where,
        "answers": seen is not None,
        "why": look.why,
        "profile": None if look.profile is None else look.profile.name,
        "version": None if seen is None else seen.version,
        "brokers": None if seen is None else look.brokers,
        "topics": None if seen is None else len(seen.topics),
        "requests": None if seen is None else seen.answers,
        "seconds": round(look.seconds, 3),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.slug,
        "invariant": finding.kind.invariant,
        "where": list(finding.where),
        "broker": finding.broker,
        "says": list(finding.says),
        "means": finding.kind.means,
        "explained_by": [{"slug": known.slug, "heals": known.heals.value} for known in finding.explained_by],
        "do": list(finding.do),
    }
