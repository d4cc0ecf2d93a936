"""Mutations written without a look at the suite's clauses: what administrators do."""

from typing import Final

from bench.mutants.blind import PROCESSOR
from bench.mutants.mutation import Mutation

KVS: Final = "kvconfig/KVConfigManager"

KV_BLIND: Final = (
    Mutation(
        "kv/value-has-to-be", PROCESSOR, "public RemotingCommand putKVConfig(",
        "requestHeader.getKey() == null", "requestHeader.getKey() == null || requestHeader.getValue() == null",
        "A key without a value is refused.",
    ),
    Mutation(
        "kv/empty-names-refused", PROCESSOR, "public RemotingCommand putKVConfig(",
        "requestHeader.getKey() == null", "requestHeader.getKey() == null || requestHeader.getKey().isEmpty()",
        "An empty key is refused.",
    ),
    Mutation(
        "kv/delete-of-nothing-makes-a-namespace", KVS, "public void deleteKVConfig(",
        "this.configTable.get(namespace);", "this.configTable.computeIfAbsent(namespace, n -> new HashMap<>());",
        "Deleting in a namespace that is not there makes it.",
    ),
)  # fmt: skip

CONFIG_BLIND: Final = (
    Mutation(
        "config/no-body-is-an-error", PROCESSOR, "private RemotingCommand updateConfig(",
        "if (body != null) {", "if (body == null) { response.setRemark(null); return response; } else {",
        "An update without a body is answered with an error.",
    ),
    Mutation(
        "config/network-not-listed", "NamesrvController", "NettyClientConfig nettyClientConfig) {",
        "new Configuration(LOGGER, this.namesrvConfig, this.nettyServerConfig)", "new Configuration(LOGGER, this.namesrvConfig)",
        "The options of the port are neither listed nor set.",
    ),
)  # fmt: skip
