"""An audit as a page (`report_page`)."""

from namesrv.check.audit.audited import Audit, Finding
from namesrv.check.report_page import Page, Section


def page_of(audit: Audit, command: str) -> Page:
    """`command`: how to get it again."""
    facts = tuple(
        (
            look.where,
            f"could not be asked: {look.why}"
            if look.seen is None or look.profile is None
            else f"{look.brokers} brokers, {len(look.seen.topics)} topics, taken for {look.profile.name}",
        )
        for look in audit.looks
    )
    return Page(
        title="namesrv audit",
        verdict=audit.verdict.value,
        lead=audit.reason,
        facts=(*facts, *(("remark", remark) for remark in audit.remarks)),
        sections=tuple(map(_section, audit.findings)),
        command=command,
    )


def _section(finding: Finding) -> Section:
    facts = [("at", ", ".join(finding.where))]
    if finding.kind.invariant:
        facts.append(("invariant", finding.kind.invariant))
    facts += [("as in", f"{known.slug} (heals: {known.heals.value})") for known in finding.explained_by]
    return Section(
        title=f"{finding.kind.slug} {finding.broker}".strip(),
        paragraphs=(finding.kind.means, *finding.do),
        facts=tuple(facts),
        steps=finding.says,
    )
