"""PUT_KV_CONFIG, GET_KV_CONFIG, DELETE_KV_CONFIG, GET_KVLIST_BY_NAMESPACE (100, 101, 102, 219).

Nobody can remove a namespace, so these clauses share the checker's own; keys bear the run's prefix.
"""

from typing import Final

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.rules import apache
from namesrv.check.clauses.world import broker, case, close, one_way, over, route, styled, together
from namesrv.check.steps import Header
from namesrv.check.strategies import NAMESPACES, NEVER_PUT
from namesrv.model.events import DeleteKVConfig, GetKVConfig, GetKVListByNamespace, PutKVConfig

PUT: Final = "KVConfigManager.putKVConfig"
GET: Final = "KVConfigManager.getKVConfig"
DELETE: Final = "KVConfigManager.deleteKVConfig"
LIST: Final = "KVConfigManager.getKVListByNamespace"
BINARY: Final = "RocketMQSerializable.rocketMQProtocolDecode"
ONE_WAY: Final = "NettyRemotingAbstract.processRequestCommand"

NS, OTHER = NAMESPACES[0], NAMESPACES[-1]


def put(key: str | None, value: str | None = "v", namespace: str | None = NS) -> PutKVConfig:
    return PutKVConfig(namespace=namespace, key=key, value=value)


def get(key: str | None, namespace: str | None = NS) -> GetKVConfig:
    return GetKVConfig(namespace=namespace, key=key)


def delete(key: str | None, namespace: str | None = NS) -> DeleteKVConfig:
    return DeleteKVConfig(namespace=namespace, key=key)


def keys(namespace: str | None = NS) -> GetKVListByNamespace:
    return GetKVListByNamespace(namespace=namespace)


CLAUSES: Final[tuple[Clause, ...]] = (
    # PUT_KV_CONFIG ------------------------------------------------------------------------------------------------
    Clause(
        slug="put-kv-config/new-key",
        severity=Severity.MUST,
        rules=(apache("A key that was put is found, and listed.", PUT),),
        steps=case(put("k1"), get("k1"), keys()),
    ),
    Clause(
        slug="put-kv-config/over-another-value",
        severity=Severity.MUST,
        rules=(apache("A value replaces the one before.", PUT),),
        steps=case(put("k1", "before"), put("k1", "after"), get("k1")),
    ),
    Clause(
        slug="put-kv-config/namespaces-apart",
        severity=Severity.MUST,
        rules=(apache("A key of one namespace is none of another.", PUT),),
        steps=case(put("k1", "1"), put("k1", "2", OTHER), get("k1"), get("k1", OTHER), delete("k1"), get("k1", OTHER)),
    ),
    Clause(
        slug="put-kv-config/empty-value",
        severity=Severity.SHOULD,
        rules=(apache("An empty value is a value.", PUT),),
        steps=case(put("k1", ""), get("k1"), keys()),
    ),
    Clause(
        slug="put-kv-config/empty-value-of-a-binary-header",
        severity=Severity.SHOULD,
        rules=(apache("A text that is empty in a binary header is missing.", "RocketMQSerializable.readStr"),),
        steps=case(put("k1", "before"), styled(put("k1", ""), header=Header.ROCKETMQ), get("k1"), keys()),
    ),
    Clause(
        slug="put-kv-config/empty-key",
        severity=Severity.SHOULD,
        rules=(apache("A key may be empty.", PUT),),
        steps=case(put("", "v"), get(""), put("", "w"), get(""), delete(""), get("")),
        needs=frozenset({Needs.UNUSED}),  # it bears no prefix: other runs put the same
    ),
    Clause(
        slug="put-kv-config/value-missing",
        severity=Severity.SHOULD,
        rules=(apache("A key that is put without a value has none any more.", PUT),),
        steps=case(put("k1", "before"), put("k1", None), get("k1"), keys(), put("k2", None), get("k2")),
    ),
    Clause(
        slug="put-kv-config/namespace-missing",
        severity=Severity.SHOULD,
        rules=(apache("Without a namespace nothing is put: SYSTEM_ERROR.", "DefaultRequestProcessor.putKVConfig"),),
        steps=case(put("k1", "v", None), get("k1")),
    ),
    Clause(
        slug="put-kv-config/key-missing",
        severity=Severity.SHOULD,
        rules=(apache("Without a key nothing is put: SYSTEM_ERROR.", "DefaultRequestProcessor.putKVConfig"),),
        steps=case(put("k1"), put(None), keys()),
    ),
    Clause(
        slug="put-kv-config/odd-characters",
        severity=Severity.SHOULD,
        rules=(apache("Keys and values may have any characters, and any length.", PUT),),
        steps=case(
            put("kä日😀", "vä日😀"),
            get("kä日😀"),
            put('k"\\/ \n', 'v"\\/ \n\x01\u2028'),
            get('k"\\/ \n'),
            keys(),
            put("k" * 2000, "v" * 20_000),
            get("k" * 2000),
        ),
    ),
    Clause(
        slug="put-kv-config/keys-alike",
        severity=Severity.MUST,
        rules=(apache("Keys are compared to the letter: blanks, capitals and all.", PUT),),
        steps=case(
            *(put(key, str(number)) for number, key in enumerate(("k1", "K1", "k1 ", "k11"))),
            *(get(key) for key in ("k1", "K1", "k1 ", "k11", "K11")),
            delete("K1"),
            get("k1"),
            keys(),
        ),
    ),
    Clause(
        slug="put-kv-config/blanks",
        severity=Severity.SHOULD,
        rules=(apache("A value's blanks are kept.", PUT),),
        steps=case(put("k1", "  v w  "), get("k1"), put("k2", " "), get("k2"), keys()),
    ),
    Clause(
        slug="put-kv-config/concerns-no-route",
        severity=Severity.MUST,
        rules=(apache("Keys have nothing to do with what brokers register.", PUT),),
        steps=case(broker(), put("t1", "a:4"), broker(), route("t1")),
    ),
    Clause(
        slug="put-kv-config/one-way",
        severity=Severity.SHOULD,
        rules=(apache("A key may be put one-way.", ONE_WAY),),
        steps=case(one_way(put("k1")), get("k2"), get("k2"), close(1)),
    ),
    # GET_KV_CONFIG ------------------------------------------------------------------------------------------------
    Clause(
        slug="get-kv-config/found",
        severity=Severity.MUST,
        rules=(apache("The value is in the ext field `value`.", "DefaultRequestProcessor.getKVConfig"),),
        steps=case(put("k1", "1"), put("k2", "2"), get("k1"), over(2, get("k2"))),
    ),
    Clause(
        slug="get-kv-config/not-found",
        severity=Severity.MUST,
        rules=(apache("A key that is not there is answered QUERY_NOT_FOUND.", "DefaultRequestProcessor.getKVConfig"),),
        steps=case(put("k1"), get("k2")),
    ),
    Clause(
        slug="get-kv-config/remark",
        severity=Severity.MAY,
        rules=(
            apache(
                "The remark of QUERY_NOT_FOUND names namespace and key, `null` where one is missing.",
                "DefaultRequestProcessor.getKVConfig",
            ),
        ),
        steps=case(get("k1"), get(None), get("k1", None), get(None, None)),
    ),
    Clause(
        slug="get-kv-config/unknown-namespace",
        severity=Severity.SHOULD,
        rules=(apache("A namespace that is not there is answered QUERY_NOT_FOUND, and not created.", GET),),
        steps=case(get("k1", NEVER_PUT), keys(NEVER_PUT)),
    ),
    Clause(
        slug="get-kv-config/part-missing",
        severity=Severity.SHOULD,
        rules=(apache("Without namespace or key nothing is found.", GET),),
        steps=case(put("k1"), get(None), get("k1", None), get(None, None)),
    ),
    Clause(
        slug="get-kv-config/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("The question may have a binary header.", BINARY),),
        steps=case(
            styled(put("k1"), header=Header.ROCKETMQ),
            styled(get("k1"), header=Header.ROCKETMQ),
            styled(get("k2"), header=Header.ROCKETMQ),
        ),
    ),
    # DELETE_KV_CONFIG ---------------------------------------------------------------------------------------------
    Clause(
        slug="delete-kv-config/known",
        severity=Severity.MUST,
        rules=(apache("A deleted key is not found, nor listed; others stay.", DELETE),),
        steps=case(put("k1", "1"), put("k2", "2"), delete("k1"), get("k1"), get("k2"), keys()),
    ),
    Clause(
        slug="delete-kv-config/unknown",
        severity=Severity.SHOULD,
        rules=(apache("To delete a key that is not there is answered SUCCESS.", DELETE),),
        steps=case(put("k1"), delete("k2"), delete("k1"), delete("k1"), get("k1")),
    ),
    Clause(
        slug="delete-kv-config/unknown-namespace",
        severity=Severity.SHOULD,
        rules=(
            apache("To delete in a namespace that is not there is answered SUCCESS, and does not create it.", DELETE),
        ),
        steps=case(delete("k1", NEVER_PUT), keys(NEVER_PUT)),
    ),
    Clause(
        slug="delete-kv-config/last-key",
        severity=Severity.SHOULD,
        rules=(apache("A namespace stays when its last key goes.", DELETE),),
        steps=case(put("k1"), delete("k1"), keys(), put("k1", "again"), get("k1")),
    ),
    Clause(
        slug="delete-kv-config/part-missing",
        severity=Severity.SHOULD,
        rules=(apache("Without namespace or key nothing is deleted, and SUCCESS is answered.", DELETE),),
        steps=case(put("k1"), delete(None), delete("k1", None), delete(None, None), get("k1")),
    ),
    # GET_KVLIST_BY_NAMESPACE --------------------------------------------------------------------------------------
    Clause(
        slug="get-kvlist-by-namespace/found",
        severity=Severity.MUST,
        rules=(apache("The keys of the namespace, with their values.", LIST),),
        steps=case(put("k1", "1"), put("k2", "2"), put("k3", "3", OTHER), keys(), keys(OTHER)),
    ),
    Clause(
        slug="get-kvlist-by-namespace/unknown-namespace",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "A namespace that is not there is answered QUERY_NOT_FOUND, without body.",
                "DefaultRequestProcessor.getKVListByNamespace",
            ),
        ),
        steps=case(keys(NEVER_PUT)),
    ),
    Clause(
        slug="get-kvlist-by-namespace/namespace-missing",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "Without a namespace the answer is QUERY_NOT_FOUND.", "DefaultRequestProcessor.getKVListByNamespace"
            ),
        ),
        steps=case(keys(None)),
    ),
    Clause(
        slug="get-kvlist-by-namespace/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("The question may have a binary header.", BINARY),),
        steps=case(put("k1"), styled(keys(), header=Header.ROCKETMQ)),
    ),
    Clause(
        slug="get-kvlist-by-namespace/at-the-same-time",
        severity=Severity.SHOULD,
        rules=(apache("Of several values that are put at the same time one is the last.", PUT),),
        steps=case(together(put("k1", "1"), over(2, put("k1", "2")), over(3, put("k2", "3"))), keys()),
    ),
)
