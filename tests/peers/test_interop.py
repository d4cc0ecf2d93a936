"""A sample of the interop matrix: a real broker and the real mqadmin with `strict` beside the real 5.5.0."""

from contextlib import ExitStack

import pytest
from bench.interop.broker import apache_broker
from bench.interop.broker_cells import shows, shows_not
from bench.interop.mqadmin import mqadmin
from bench.interop.mqadmin_cells import COMMANDS, NAME, TOPIC, tried
from bench.interop.name_servers import ROWS, name_servers

from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing
from tests.waiting import until

FIRST = ("clusterList", "topicRoute", "updateTopic", "wipeWritePerm", "addWritePerm")
THEN = ("deleteTopic",)
TEXT = "a-message-through-our-route"

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]


def test_a_real_broker_mqadmin_and_a_message_meet_no_difference_between_our_server_and_the_real_one() -> None:
    with ExitStack() as stack:
        try:
            (pair,) = stack.enter_context(name_servers([ROWS["strict"]]))
            admin = stack.enter_context(mqadmin("5.5.0"))
            broker = stack.enter_context(apache_broker("5.5.0", namesrv=pair.both, name=NAME))
        except NotAvailable as error:
            missing(error)
        pair.settled("the broker is registered", shows(NAME, {0: broker.address}))
        commands = {command.name: command for command in COMMANDS}
        for name in FIRST:
            tried(admin, pair, commands[name])
        # On a busy machine 3 s may not be enough for the client, so it may try again.
        send = ("sendMessage", "-n", pair.address, "-t", TOPIC, "-p", TEXT)
        receive = ("consumeMessage", "-n", pair.address, "-t", TOPIC)
        until("it is sent", lambda: "SEND_OK" in admin(*send), timeout_s=120)
        until("it is received", lambda: f"BODY: {TEXT}" in admin(*receive), timeout_s=120)
        for name in THEN:
            tried(admin, pair, commands[name])
        broker.kill()
        pair.settled("the killed broker is forgotten", shows_not(NAME))
