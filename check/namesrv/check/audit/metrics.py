"""An audit as gauges for Prometheus, on loopback. Needs prometheus-client (`pip install namesrv[prometheus]`)."""

from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from prometheus_client import CollectorRegistry, Gauge, start_http_server

from namesrv.check.audit.audited import Audit
from namesrv.check.audit.kinds import KINDS
from namesrv.check.findings import Verdict

HOST: Final = "127.0.0.1"


class Metrics:
    """`with Metrics(port) as metrics:` is served at `/metrics`. `port` 0: a free one. Raises `OSError`."""

    def __init__(self, port: int, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        registry = CollectorRegistry()
        by_name_server = ["namesrv"]

        def gauge(name: str, about: str, labels: list[str]) -> Gauge:
            return Gauge(f"namesrv_audit_{name}", about, labels, registry=registry)

        self._verdict = gauge("verdict", "1 for the present one of holds, violated, unknown.", ["verdict"])
        self._findings = gauge("findings", "Findings of a kind.", ["kind"])
        self._up = gauge("up", "Whether the NameServer could be asked.", by_name_server)
        self._brokers = gauge("brokers", "Addresses that stand there.", by_name_server)
        self._topics = gauge("topics", "Topics that it lists.", by_name_server)
        self._seconds = gauge("snapshot_seconds", "How long the last snapshot of it took.", by_name_server)
        self._time = gauge("time_seconds", "When the last audit was, seconds since the epoch.", [])
        self._server, self._thread = start_http_server(port, addr=HOST, registry=registry)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def show(self, audit: Audit) -> None:
        """From now on this is told. Of a NameServer that can't be asked the last numbers are dropped."""
        for verdict in Verdict:
            self._verdict.labels(verdict.value).set(verdict is audit.verdict)
        counts = Counter(finding.kind.slug for finding in audit.findings)
        for kind in KINDS:
            self._findings.labels(kind).set(counts[kind])
        for look in audit.looks:
            self._up.labels(look.where).set(look.seen is not None)
            self._seconds.labels(look.where).set(look.seconds)
            for gauge, number in (
                (self._brokers, look.brokers),
                (self._topics, 0 if look.seen is None else len(look.seen.topics)),
            ):
                if look.seen is None:
                    gauge.remove(look.where)
                else:
                    gauge.labels(look.where).set(number)
        self._time.set(self._now_s())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
