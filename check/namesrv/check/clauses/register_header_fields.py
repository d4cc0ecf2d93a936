"""REGISTER_BROKER (103): header fields that are not what they should be."""

from typing import Final

from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.odd_bodies import (
    FIELDS,
    MASTER,
    MUST,
    READ,
    SHOULD,
    USUAL,
    odd,
    read_by_all,
    sent,
)
from namesrv.check.clauses.world import H2, broker, over, styled, version, without_fields
from namesrv.model.values import table

CLAUSES: Final[tuple[Clause, ...]] = (
    odd(
        "broker-id-that-is-none",
        MUST,
        MASTER,
        *(
            styled(broker(said=version(2)), ext_fields=table({"brokerId": value}))
            for value in ("x", "", "1.5", "9223372036854775808", " 0", "0x0")
        ),
        rules=read_by_all("A brokerId that is no long is as good as none: SYSTEM_ERROR, and nothing changes.", FIELDS),
    ),
    odd(
        "broker-id-with-a-sign",
        SHOULD,
        styled(MASTER, ext_fields=table({"brokerId": "+0"})),
        over(2, broker(H2, broker_id=-1)),
        rules=read_by_all("A brokerId may have a sign.", FIELDS),
    ),
    odd(
        "checksum-that-is-none",
        MUST,
        *(
            styled(broker(said=version(number)), ext_fields=table({"bodyCrc32": value}))
            for number, value in enumerate(("x", "", "4294967295", "0"), 1)
        ),
        styled(broker(said=version(9)), ext_fields=table({"bodyCrc32": "-1"})),
        rules=read_by_all("A bodyCrc32 that is no int is not checked; one below zero is no body's.", FIELDS),
    ),
    odd(
        "timeout-that-is-no-number",
        SHOULD,
        *(
            styled(broker(said=version(number)), ext_fields=table({"heartbeatTimeoutMillis": value}))
            for number, value in enumerate(("x", "", "9223372036854775808"), 1)
        ),
        rules=read_by_all("A heartbeatTimeoutMillis that is no long is as good as none.", FIELDS),
    ),
    odd(
        "flags-that-are-none",
        MUST,
        styled(MASTER, ext_fields=table({"compressed": "yes", "enableActingMaster": "1"})),
        styled(broker(said=version(2)), ext_fields=table({"compressed": "", "enableActingMaster": ""})),
        rules=read_by_all("A flag that is not true is false.", FIELDS),
    ),
    odd(
        "flags-in-capitals",
        SHOULD,
        styled(broker(H2, broker_id=1), ext_fields=table({"enableActingMaster": "TRUE"})),
        sent(USUAL, ext_fields=table({"compressed": "True"})),
        rules=read_by_all("A flag may be true in any case.", FIELDS),
    ),
    odd(
        "unknown-fields",
        MUST,
        styled(MASTER, ext_fields=table({"x": "y", "BROKERNAME": "z", "": ""})),
        rules=read_by_all("Fields of the header that nobody knows are passed over.", FIELDS),
    ),
    odd(
        "names-beyond-ascii",
        MUST,
        broker(
            "h\u00e4:1", ("t\u00e9", "t\u4e2d"), name="a\u20ac\U0001f600", cluster="C\u4e2d", filters=("f\u00e9:1",)
        ),
        rules=read_by_all("Names may be any text.", READ),
    ),
    without_fields("register-broker", MASTER, MUST, "Without fields there is no brokerId: SYSTEM_ERROR.", READ),
)
