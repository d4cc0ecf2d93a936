"""KV configs in the model. What is expected was seen in the answers of the real 4.9.7, 5.1.4, 5.3.3, 5.4.0 and 5.5.0."""

import pytest

from namesrv.model.events import Answer, DeleteKVConfig, GetKVConfig, GetKVListByNamespace, PutKVConfig
from namesrv.model.profiles import PROFILES, Profile
from namesrv.model.values import KVTable, table
from tests.model.worlds import World

EVERY = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
DONE = Answer(code=0)


def not_found(remark: str) -> Answer:
    return Answer(code=22, remark=f"No config item, {remark}", ext_fields=table())


@EVERY
def test_a_key_that_was_put_is_found_until_it_is_deleted(profile: Profile) -> None:
    world = World(profile)
    assert world.send(GetKVConfig(namespace="n", key="k")) == not_found("Namespace: n Key: k")
    assert world.send(PutKVConfig(namespace="n", key="k", value="v")) == DONE
    assert world.send(GetKVConfig(namespace="n", key="k")) == Answer(code=0, ext_fields=table({"value": "v"}))
    assert world.send(PutKVConfig(namespace="n", key="k", value="")) == DONE
    assert world.send(GetKVConfig(namespace="n", key="k")) == Answer(code=0, ext_fields=table({"value": ""}))
    assert world.send(DeleteKVConfig(namespace="n", key="k")) == DONE
    assert world.send(GetKVConfig(namespace="n", key="k")) == not_found("Namespace: n Key: k")


@EVERY
def test_a_namespace_stays_when_its_last_key_goes_and_is_not_created_by_a_deletion(profile: Profile) -> None:
    world = World(profile)
    world.send(DeleteKVConfig(namespace="n", key="k"))
    absent = Answer(code=22, remark="No config item, Namespace: n")
    assert world.send(GetKVListByNamespace(namespace="n")) == absent
    world.send(PutKVConfig(namespace="n", key="k", value="v"))
    world.send(DeleteKVConfig(namespace="n", key="k"))
    assert world.send(GetKVListByNamespace(namespace="n")) == Answer(code=0, body=KVTable(table=table()))


@EVERY
def test_a_key_without_a_value_creates_its_namespace_and_counts_as_none(profile: Profile) -> None:
    world = World(profile)
    assert world.send(PutKVConfig(namespace="n", key="k", value=None)) == DONE
    assert world.send(GetKVConfig(namespace="n", key="k")) == not_found("Namespace: n Key: k")
    assert world.send(GetKVListByNamespace(namespace="n")) == Answer(code=0, body=KVTable(table=table()))


@EVERY
def test_parts_that_are_missing_are_refused_or_shown_as_null(profile: Profile) -> None:
    world = World(profile)
    refused = Answer(code=1, remark="namespace or key is null")
    assert world.send(PutKVConfig(namespace=None, key="k", value="v")) == refused
    assert world.send(PutKVConfig(namespace="n", key=None, value="v")) == refused
    assert world.send(GetKVConfig(namespace=None, key="k")) == not_found("Namespace: null Key: k")
    assert world.send(GetKVConfig(namespace="n", key=None)) == not_found("Namespace: n Key: null")
    assert world.send(DeleteKVConfig(namespace=None, key=None)) == DONE
    null = Answer(code=22, remark="No config item, Namespace: null")
    assert world.send(GetKVListByNamespace(namespace=None)) == null
