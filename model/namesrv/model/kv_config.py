"""KV configs: strings by namespace and key, which administrators put and brokers get the order topics of.

Every request is one step: `KVConfigManager` has a lock of its own. What is written to a file is no part of a state.
Source: `KVConfigManager`, and the methods of `DefaultRequestProcessor` that the events name, 4.9.7 and 5.5.0.
"""

from collections.abc import Iterator

import attrs

from namesrv.model.context import NO_EXT_FIELDS, QUERY_NOT_FOUND, SUCCESS, SYSTEM_ERROR, Context, Outcome, cause
from namesrv.model.events import Answer, DeleteKVConfig, GetKVConfig, GetKVListByNamespace, PutKVConfig
from namesrv.model.state import NameServerState
from namesrv.model.values import KVTable, table


def kv_list(state: NameServerState, namespace: str | None) -> KVTable | None:
    """The namespace's keys, `None` until it has been created. fastjson leaves out those without a value."""
    keys = None if namespace is None else state.kv_config.get(namespace)
    if keys is None:
        return None
    return KVTable(table=table({key: value for key, value in keys.items() if value is not None}))


def put_kv_config(c: Context, request: PutKVConfig) -> Iterator[Outcome]:
    """Creates the namespace if need be. A missing value is put all the same, and then counts as none."""
    if request.namespace is None or request.key is None:
        answer = Answer(code=SYSTEM_ERROR, remark="namespace or key is null")
        yield c.done(answer, None, cause("put_kv_config", "part-null"))
        return
    keys = c.state.kv_config.get(request.namespace, table()).insert(request.key, request.value)
    state = attrs.evolve(c.state, kv_config=c.state.kv_config.insert(request.namespace, keys))
    yield c.done(Answer(code=SUCCESS), state, cause("put_kv_config", "put"))


def get_kv_config(c: Context, request: GetKVConfig) -> Iterator[Outcome]:
    """The value, or that there is none."""
    value = None
    if request.namespace is not None and request.key is not None:
        value = c.state.kv_config.get(request.namespace, table()).get(request.key)
    if value is not None:
        answer = Answer(code=SUCCESS, ext_fields=table({"value": value}))
        yield c.done(answer, None, cause("get_kv_config", "found"))
        return
    remark = f"No config item, Namespace: {_text(request.namespace)} Key: {_text(request.key)}"
    answer = Answer(code=QUERY_NOT_FOUND, remark=remark, ext_fields=NO_EXT_FIELDS)
    yield c.done(answer, None, cause("get_kv_config", "not-found"))


def delete_kv_config(c: Context, request: DeleteKVConfig) -> Iterator[Outcome]:
    """The namespace stays, even without keys; one that is not there is not created."""
    state = c.state
    keys = None if request.namespace is None else state.kv_config.get(request.namespace)
    if keys is not None and request.namespace is not None and request.key is not None:
        rest = keys.discard(request.key)
        state = attrs.evolve(state, kv_config=state.kv_config.insert(request.namespace, rest))
    yield c.done(Answer(code=SUCCESS), state, cause("delete_kv_config", "deleted"))


def get_kv_list_by_namespace(c: Context, request: GetKVListByNamespace) -> Iterator[Outcome]:
    """All keys of the namespace."""
    keys = kv_list(c.state, request.namespace)
    if keys is not None:
        yield c.done(Answer(code=SUCCESS, body=keys), None, cause("get_kv_list_by_namespace", "found"))
        return
    remark = f"No config item, Namespace: {_text(request.namespace)}"
    yield c.done(Answer(code=QUERY_NOT_FOUND, remark=remark), None, cause("get_kv_list_by_namespace", "not-found"))


def _text(part: str | None) -> str:
    """As Java joins null to a string."""
    return "null" if part is None else part
