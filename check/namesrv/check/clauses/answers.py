"""What every answer has: flag, language, version; and what none has."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4
from namesrv.check.clauses.world import adds, asks, beats, broker, case, deletes, gone, queue, route, styled, version
from namesrv.check.steps import Header
from namesrv.check.strategies import NAMESPACES
from namesrv.model.events import (
    AddWritePermOfBroker,
    DeleteKVConfig,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetKVConfig,
    GetKVListByNamespace,
    GetNamesrvConfig,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    PutKVConfig,
    UnitList,
    UpdateNamesrvConfig,
    WipeWritePermOfBroker,
)

REMOTING: Final = "NettyRemotingAbstract.processRequestCommand"
ANSWER: Final = "RemotingCommand.createResponseCommand"

MASTER: Final = broker()

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="answer/flag",
        severity=Severity.MUST,
        rules=(apache("An answer's flag is 1: by it a client knows that it is one.", REMOTING),),
        steps=case(MASTER, asks(MASTER, version()), route("t9"), GetAllTopicList()),
    ),
    Clause(
        slug="answer/opaque",
        severity=Severity.MUST,
        rules=(apache("An answer's opaque is its request's.", REMOTING),),
        steps=case(MASTER, route("t1"), styled(route("t1"), header=Header.ROCKETMQ), route("t9"), GetAllTopicList()),
    ),
    Clause(
        slug="answer/language",
        severity=Severity.MAY,
        rules=(apache("An answer's language is JAVA.", ANSWER),),
        steps=case(
            MASTER, styled(route("t1"), language="GO", header=Header.WITHOUT_TYPE), styled(route("t9"), language="CPP")
        ),
    ),
    Clause(
        slug="answer/version",
        severity=Severity.MAY,
        rules=(apache("An answer's version is that of its release: `MQVersion.CURRENT_VERSION`.", ANSWER),),
        steps=case(
            styled(MASTER, whole_answer=True),
            styled(asks(MASTER, version()), whole_answer=True),
            styled(route("t9"), whole_answer=True),
            styled(GetAllTopicList(), whole_answer=True),
        ),
    ),
    Clause(
        slug="answer/header",
        severity=Severity.MAY,
        rules=(
            apache_4("An answer's header is written as its request's.", REMOTING, lambda p: p.answers_in_kind),
            apache("An answer's header is JSON, be its request's binary.", "RemotingCommand.createResponseCommand"),
        ),
        steps=case(
            *(
                styled(request, header=header, whole_answer=True)
                for request in (MASTER, asks(MASTER, version()), route("t9"), GetAllTopicList())
                for header in (Header.ROCKETMQ, Header.JSON)
            )
        ),
    ),
    Clause(
        slug="answer/success-remark",
        severity=Severity.MAY,
        rules=(apache("A success has no remark, not even an empty one; that of a member group is its own.", ANSWER),),
        steps=case(
            MASTER,
            asks(MASTER, version()),
            beats(MASTER),
            WipeWritePermOfBroker(broker_name="a"),
            AddWritePermOfBroker(broker_name="a"),
            route("t1"),
            GetBrokerClusterInfo(),
            GetAllTopicList(),
            GetTopicsByCluster(cluster="C1"),
            GetSystemTopicList(),
            *(GetUnitTopicList(kind=kind) for kind in UnitList),
            adds("t1", queue()),
            deletes("t1", "C1"),
            deletes("t2"),
            PutKVConfig(namespace=NAMESPACES[0], key="k1", value="v"),
            GetKVConfig(namespace=NAMESPACES[0], key="k1"),
            GetKVListByNamespace(namespace=NAMESPACES[0]),
            DeleteKVConfig(namespace=NAMESPACES[0], key="k1"),
            GetNamesrvConfig(),
            UpdateNamesrvConfig(properties=None),
            gone(MASTER),
        ),
    ),
    Clause(
        slug="answer/exception-header",
        severity=Severity.MAY,
        rules=(apache("An exception's answer has the same flag, language and version.", REMOTING),),
        steps=case(styled(MASTER, whole_answer=True, without_ext_fields=True)),
    ),
)
