"""A broker model and what it has sent, driven by a test in the words of its events."""

from __future__ import annotations

from namesrv.model.broker import step
from namesrv.model.broker_events import (
    BrokerEvent,
    BrokerOutput,
    Call,
    CallFailed,
    NameServerAvailable,
    ReceivedAnswer,
    Send,
    Started,
    Tick,
)
from namesrv.model.broker_events import NameServerIndex as Ns
from namesrv.model.broker_profiles import BROKER_5_5_0, BrokerProfile
from namesrv.model.broker_state import BrokerSettings, BrokerState, initial_state
from namesrv.model.events import RegisterBroker
from namesrv.model.values import RegisterBrokerBody, TopicConfig, table

T0 = 1_700_000_000_000
TOPICS = ("TBW102", "a", "b", "c")


def topics(*names: str) -> dict[str, TopicConfig]:
    """Configs of those names; TBW102's may be inherited from."""
    return {
        name: TopicConfig(topic_name=name, read_queue_nums=8, write_queue_nums=8, perm=7 if name == "TBW102" else 6)
        for name in names
    }


class Driven:
    """`sent`: what left and has not been looked at yet."""

    def __init__(
        self,
        profile: BrokerProfile = BROKER_5_5_0,
        *,
        name_servers: int = 2,
        names: tuple[str, ...] = TOPICS,
        available: bool = True,
        **settings: object,
    ) -> None:
        given = BrokerSettings(
            cluster_name="C",
            broker_name="b",
            broker_addr="10.0.0.1:10911",
            ha_server_addr="10.0.0.1:10912",
            name_servers=name_servers,
            **settings,  # type: ignore[arg-type]
        )
        self.state: BrokerState = initial_state(given, profile, table(topics(*names)), T0)
        self.now_ms = T0
        self.sent: list[BrokerOutput] = []
        if available:
            for index in range(name_servers):
                self.do(NameServerAvailable(name_server=Ns(index)))

    def do(self, event: BrokerEvent) -> list[BrokerOutput]:
        """An event now; what it makes leave."""
        self.state, outputs = step(self.state, event, self.now_ms)
        self.sent += outputs
        return list(outputs)

    def take(self) -> list[Send]:
        """The requests that have left since."""
        taken, self.sent = self.sent, []
        return [output for output in taken if isinstance(output, Send)]

    def answer(self, *calls: Call | None, code: int = 0, **fields: object) -> None:
        """The same answer to each."""
        for call in calls:
            assert call is not None
            self.do(ReceivedAnswer(call=call, code=code, **fields))  # type: ignore[arg-type]

    def fail(self, *calls: Call | None) -> None:
        """No answer to any."""
        for call in calls:
            assert call is not None
            self.do(CallFailed(call=call))

    def settle(self) -> list[Send]:
        """Answers SUCCESS, unchanged, to whatever is asked, until nothing is; all that was sent."""
        everything: list[Send] = []
        while taken := self.take():
            everything += taken
            for send in taken:
                if send.call is not None:
                    version = getattr(send.request, "data_version", None)
                    self.answer(send.call, has_body=version is not None, changed=False, data_version=version)
        return everything


def body_of(send: Send) -> RegisterBrokerBody:
    assert isinstance(send.request, RegisterBroker)
    assert send.request.body is not None
    return send.request.body


def kinds(sent: list[Send]) -> list[str]:
    return [type(send.request).__name__ for send in sent]


def started(profile: BrokerProfile, **settings: object) -> Driven:
    """A broker that runs: its first registration is over."""
    broker = Driven(profile, **settings)  # type: ignore[arg-type]
    broker.do(Started())
    broker.settle()
    return broker


def at(broker: Driven, ms: int) -> list[Send]:
    """What a tick at `T0 + ms` makes leave, everything answered at once."""
    broker.now_ms = T0 + ms
    broker.do(Tick())
    return broker.settle()
