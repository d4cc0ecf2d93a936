"""What all requests have in common: codes that nobody knows, order, answers and connections."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4, repaired
from namesrv.check.clauses.world import (
    H2,
    H3,
    asks,
    broker,
    case,
    close,
    gone,
    one_way,
    over,
    route,
    styled,
    together,
    version,
)
from namesrv.check.steps import Header
from namesrv.model.events import GetAllTopicList, GetBrokerClusterInfo, UnknownRequest
from namesrv.model.profiles import Profile

SOURCE: Final = "DefaultRequestProcessor.processRequest"
DECODER: Final = "NettyDecoder.decode"
REMOTING: Final = "NettyRemotingAbstract.processRequestCommand"

MASTER: Final = broker()
SLAVE: Final = broker(H2, broker_id=1)
V2: Final = version(2)

NO_HEADERS: Final = (Header.TOO_LONG, Header.BINARY_TOO_LONG, Header.NO_JSON, Header.NO_OBJECT)
ALMOST_16_MIB: Final = 15 << 20
"""Of a body; its header is some hundred bytes."""


def _silent(profile: Profile) -> bool:
    return not profile.answers_unknown_codes


NOT_ANSWERED: Final = apache_4("A code that nobody knows is not answered.", SOURCE, _silent)

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="unknown-code/positive",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("A code that nobody knows is answered REQUEST_CODE_NOT_SUPPORTED.", SOURCE)),
        steps=case(UnknownRequest(code=9999), UnknownRequest(code=77), route("t1"), close(1)),
    ),
    Clause(
        slug="unknown-code/zero-and-below",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("0 and numbers below are codes that nobody knows.", SOURCE)),
        steps=case(
            UnknownRequest(code=0), UnknownRequest(code=-5), UnknownRequest(code=-(1 << 31)), route("t1"), close(1)
        ),
    ),
    Clause(
        slug="unknown-code/remark",
        severity=Severity.MAY,
        rules=(NOT_ANSWERED, apache("The remark is ` request type N not supported`, with a blank before it.", SOURCE)),
        steps=case(UnknownRequest(code=9999), UnknownRequest(code=(1 << 31) - 1), route("t1"), close(1)),
    ),
    Clause(
        slug="unknown-code/of-the-broker",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("What only brokers know is a code that nobody knows here.", SOURCE)),
        steps=case(UnknownRequest(code=10), UnknownRequest(code=34), UnknownRequest(code=17), route("t1"), close(1)),
    ),
    Clause(
        slug="unknown-code/connection-stays",
        severity=Severity.MUST,
        rules=(apache("Whoever sends a code that nobody knows is answered its next requests.", SOURCE),),
        steps=case(MASTER, UnknownRequest(code=9999), asks(MASTER, version()), MASTER),
    ),
    Clause(
        slug="unknown-code/binary-header",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("With a binary header, too, a code may be one that nobody knows.", SOURCE)),
        steps=case(styled(UnknownRequest(code=9999), header=Header.ROCKETMQ), route("t1"), close(1)),
    ),
    Clause(
        slug="unknown-code/one-way",
        severity=Severity.SHOULD,
        rules=(apache("A one-way request with a code that nobody knows is not answered.", REMOTING),),
        steps=case(one_way(UnknownRequest(code=9999)), route("t1"), close(1)),
    ),
    # Connections --------------------------------------------------------------------------------------------------
    Clause(
        slug="connection/pipelined",
        severity=Severity.MUST,
        rules=(
            apache(
                "Requests that come together over one connection are all answered, each under its own opaque.", REMOTING
            ),
        ),
        steps=case(
            MASTER,
            together(
                *(
                    over(2, request)
                    for request in (
                        route("t1"),
                        GetBrokerClusterInfo(),
                        asks(MASTER, version()),
                        GetAllTopicList(),
                        route("t9"),
                        asks(MASTER, V2),
                    )
                )
            ),
        ),
    ),
    Clause(
        slug="connection/order",
        severity=Severity.MUST,
        rules=(
            repaired("Requests of one connection are worked on in the order in which they come.", lambda p: p.in_order),
            apache("Requests that come together over one connection are worked on in any order.", REMOTING),
        ),
        steps=case(together(MASTER, broker(topics=("t3", "t4"), said=V2), asks(MASTER, V2)), asks(MASTER, V2)),
    ),
    Clause(
        slug="connection/one-way-between-others",
        severity=Severity.MUST,
        rules=(apache("One-way requests between others leave the others' answers where they belong.", REMOTING),),
        steps=case(
            together(
                one_way(MASTER),
                over(2, route("t9")),
                over(2, UnknownRequest(code=9999), oneway=True),
                over(2, GetAllTopicList()),
            ),
            asks(MASTER, version()),
        ),
    ),
    Clause(
        slug="connection/several-speak-at-once",
        severity=Severity.MUST,
        rules=(
            apache(
                "Brokers, clients and administrators of several connections are answered at the same time.", REMOTING
            ),
        ),
        steps=case(
            MASTER,
            together(
                over(2, SLAVE),
                over(3, broker(H3, ("t1", "t3"), name="b")),
                over(4, route("t1")),
                over(4, GetBrokerClusterInfo()),
                asks(MASTER, version()),
            ),
        ),
    ),
    Clause(
        slug="connection/old-clients",
        severity=Severity.MUST,
        rules=(apache("Reads are answered whatever version a client has.", SOURCE),),
        steps=case(
            MASTER,
            *(
                styled(request, mq_version=number)
                for number in (0, 37, 401, 407, 100_000)
                for request in (route("t1"), GetBrokerClusterInfo(), asks(MASTER, version()))
            ),
        ),
    ),
    Clause(
        slug="connection/unreadable-header",
        severity=Severity.SHOULD,
        rules=(apache("A header that nobody can read ends the connection; whoever registered over it goes.", DECODER),),
        steps=case(
            MASTER,
            over(2, SLAVE),
            *(over(number, route("t1"), header=header) for number, header in enumerate(NO_HEADERS, 3)),
            over(2, route("t1"), header=Header.NO_JSON),
            over(1, asks(MASTER, version())),
        ),
    ),
    Clause(
        slug="connection/unknown-serialize-type",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "A header that is neither JSON nor binary ends the connection, whatever it says.",
                "RemotingCommand.headerDecode",
            ),
        ),
        steps=case(MASTER, over(2, broker(H2, name="b"), header=Header.UNKNOWN_TYPE), asks(MASTER, version())),
    ),
    Clause(
        slug="connection/frame-too-long",
        severity=Severity.SHOULD,
        rules=(apache("Whoever announces a frame of more than 16 MiB loses its connection at once.", DECODER),),
        steps=case(MASTER, over(2, route("t1"), header=Header.OF_A_FRAME_TOO_LONG), asks(MASTER, version())),
    ),
    Clause(
        slug="connection/long-frame",
        severity=Severity.MUST,
        rules=(apache("A frame may be 16 MiB long.", DECODER),),
        steps=case(styled(GetAllTopicList(), padding_bytes=ALMOST_16_MIB), MASTER),
    ),
    Clause(
        slug="connection/mixed-headers",
        severity=Severity.SHOULD,
        rules=(apache("One connection may mix JSON and binary headers.", "RemotingCommand.decode"),),
        steps=case(
            styled(MASTER, header=Header.ROCKETMQ),
            route("t1"),
            styled(route("t1"), header=Header.ROCKETMQ),
            asks(MASTER, version()),
            styled(gone(MASTER), header=Header.ROCKETMQ),
        ),
    ),
)
