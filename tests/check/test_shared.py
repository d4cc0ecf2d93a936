"""A run beside brokers of somebody else's, whose names and addresses the lists show too."""

import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict
from namesrv.check.peer import Peer
from namesrv.check.runner import Target
from namesrv.check.search import search
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode
from namesrv.model.profiles import PROFILES
from tests.model.worlds import registration

EXAMPLES = 15


@pytest.mark.parametrize("profile", ["strict", "apache-4.9.7"])
def test_what_others_have_registered_is_no_difference(profile: str) -> None:
    with Embedded(profile=profile) as server:
        other = Peer("127.0.0.1", server.port, timeout_s=60)
        other.send(encode(Prefix(""), registration(), Style(), opaque=other.next_opaque(), oneway=True))
        target = Target(host="127.0.0.1", port=server.port)
        report = search(target, PROFILES[profile], examples=EXAMPLES, seed_value=3)
        other.close()
    assert report.verdict is Verdict.HOLDS, report
