"""What every answer has: flag, language, version."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache
from namesrv.check.clauses.world import asks, broker, case, route, styled, version
from namesrv.check.steps import Header
from namesrv.model.events import GetAllTopicList

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
        slug="answer/exception-header",
        severity=Severity.MAY,
        rules=(apache("An exception's answer has the same flag, language and version.", REMOTING),),
        steps=case(styled(MASTER, whole_answer=True, without_ext_fields=True)),
    ),
)
