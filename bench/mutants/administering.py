"""Mutations of what administrators do on 5.5.0, and of the wire."""

from typing import Final

from bench.mutants.mutation import Mutation
from bench.mutants.registering import PROCESSOR, ROUTES

KV_MANAGER: Final = "kvconfig/KVConfigManager"
OPERATE: Final = "private int operateWritePermOfBroker"
REGISTER_TOPIC: Final = "public void registerTopic"
DELETE_IN_CLUSTER: Final = "public void deleteTopic(final String topic, final String clusterName)"
DISPATCH: Final = "public RemotingCommand processRequest"
REGISTER_ANSWER: Final = "public RemotingCommand registerBroker"
UPDATE: Final = "private RemotingCommand updateConfig"

KV: Final = (
    Mutation(
        "kv/first-value-stays", KV_MANAGER, "public void putKVConfig",
        "kvTable.put(key, value)", "kvTable.putIfAbsent(key, value)",
        "A key that has a value keeps it.",
    ),
    Mutation(
        "kv/namespace-emptied-by-put", KV_MANAGER, "public void putKVConfig",
        "if (null == kvTable)", "if (null == kvTable || !kvTable.containsKey(key))",
        "A new key takes the namespace's others with it.",
    ),
    Mutation(
        "kv/not-deleted", KV_MANAGER, "public void deleteKVConfig",
        "kvTable.remove(key)", "kvTable.get(key)",
        "A deleted key is still there.",
    ),
    Mutation(
        "kv/empty-namespace-goes", KV_MANAGER, "public void deleteKVConfig",
        "String value = kvTable.remove(key);",
        "String value = kvTable.remove(key); if (kvTable.isEmpty()) this.configTable.remove(namespace);",
        "A namespace whose last key is deleted is no longer found.",
    ),
    Mutation(
        "kv/whole-namespace-deleted", KV_MANAGER, "public void deleteKVConfig",
        "String value = kvTable.remove(key);", "String value = kvTable.remove(key); kvTable.clear();",
        "One key is deleted, and the namespace's others too.",
    ),
    Mutation(
        "kv/missing-is-empty", KV_MANAGER, "public String getKVConfig",
        "return kvTable.get(key);", 'return kvTable.getOrDefault(key, "");',
        "A key that is not there has an empty value.",
    ),
    Mutation(
        "kv/wrong-code-for-a-missing-key", PROCESSOR, "public RemotingCommand getKVConfig",
        "ResponseCode.QUERY_NOT_FOUND", "ResponseCode.SYSTEM_ERROR",
        "A missing key looks like a fault.",
    ),
    Mutation(
        "kv/wrong-code-for-a-missing-namespace", PROCESSOR, "private RemotingCommand getKVListByNamespace",
        "ResponseCode.QUERY_NOT_FOUND", "ResponseCode.SUCCESS",
        "A missing namespace looks like an empty answer.",
    ),
    Mutation(
        "kv/value-missing-in-the-answer", PROCESSOR, "public RemotingCommand getKVConfig",
        "responseHeader.setValue(value);", "",
        "A key's value is not told.",
    ),
    Mutation(
        "kv/namespace-for-key", PROCESSOR, "public RemotingCommand deleteKVConfig",
        "requestHeader.getKey()", "requestHeader.getNamespace()",
        "The wrong key is deleted.",
    ),
    Mutation(
        "kv/null-check-dropped", PROCESSOR, "public RemotingCommand putKVConfig",
        "requestHeader.getNamespace() == null || requestHeader.getKey() == null", "false",
        "A key without a name is stored.",
        excluded="equivalent: a header without one is refused when it is decoded",
    ),
    Mutation(
        "kv/not-saved", KV_MANAGER, "public void persist",
        "if (null != content)", "if (null == content)",
        "Keys are gone after a restart.",
        excluded="not to be seen through the port: it takes a restart",
    ),
    Mutation(
        "kv/order-config-withheld", PROCESSOR, REGISTER_ANSWER,
        "if (this.namesrvController.getNamesrvConfig().isReturnOrderTopicConfigToBroker())",
        "if (!this.namesrvController.getNamesrvConfig().isReturnOrderTopicConfigToBroker())",
        "Brokers don't learn of ordered topics.",
    ),
)  # fmt: skip

BY_HAND: Final = (
    Mutation(
        "by-hand/wrong-perm-wiped", ROUTES, OPERATE,
        "perm &= ~PermName.PERM_WRITE", "perm &= ~PermName.PERM_READ",
        "Consumers are cut off instead of producers.",
    ),
    Mutation(
        "by-hand/perm-toggled", ROUTES, OPERATE,
        "perm &= ~PermName.PERM_WRITE", "perm ^= PermName.PERM_WRITE",
        "Wiping twice gives the permission back.",
    ),
    Mutation(
        "by-hand/perm-added-to-what-there-is", ROUTES, OPERATE,
        "perm = PermName.PERM_READ | PermName.PERM_WRITE", "perm |= PermName.PERM_WRITE",
        "A permission that the topic has besides is kept.",
    ),
    Mutation(
        "by-hand/perm-not-stored", ROUTES, OPERATE,
        "qd.setPerm(perm);", "",
        "Nothing is wiped.",
    ),
    Mutation(
        "by-hand/count-off-by-one", ROUTES, OPERATE,
        "int topicCnt = 0;", "int topicCnt = 1;",
        "One topic too many is counted.",
    ),
    Mutation(
        "by-hand/all-topics-counted", ROUTES, OPERATE,
        "final QueueData qd = qdMap.get(brokerName);", "topicCnt++; final QueueData qd = qdMap.get(brokerName);",
        "Topics of other brokers are counted.",
    ),
    Mutation(
        "by-hand/somebody-elses-perm", ROUTES, OPERATE,
        "qdMap.get(brokerName)", "qdMap.values().stream().findFirst().orElse(null)",
        "Another broker's permission is changed.",
    ),
    Mutation(
        "by-hand/wipe-count-missing", PROCESSOR, "private RemotingCommand wipeWritePermOfBroker",
        "responseHeader.setWipeTopicCount(wipeTopicCnt);", "",
        "An ext field is missing.",
    ),
    Mutation(
        "by-hand/add-wipes", ROUTES, "public int addWritePermOfBrokerByLock",
        "RequestCode.ADD_WRITE_PERM_OF_BROKER", "RequestCode.WIPE_WRITE_PERM_OF_BROKER",
        "The way back is the way in.",
    ),
    Mutation(
        "by-hand/topic-replaces", ROUTES, REGISTER_TOPIC,
        "if (this.topicQueueTable.containsKey(topic))", "if (false)",
        "A topic registered by hand loses its other brokers.",
    ),
    Mutation(
        "by-hand/topic-without-a-broker", ROUTES, "// check and construct queue data map",
        "!this.brokerAddrTable.containsKey(queueData.getBrokerName())", "false",
        "A topic names a broker that is not there.",
    ),
    Mutation(
        "by-hand/topic-of-known-brokers-only-in-part", ROUTES, "// check and construct queue data map",
        "return;", "continue;",
        "A topic of which a broker is unknown is registered for the others.",
    ),
    Mutation(
        "by-hand/topic-not-deleted", ROUTES, "public void deleteTopic(final String topic) {",
        "this.topicQueueTable.remove(topic);", "",
        "A deleted topic stays.",
    ),
    Mutation(
        "by-hand/cluster-ignored", PROCESSOR, "private RemotingCommand deleteTopicInNamesrv",
        "deleteTopic(requestHeader.getTopic(), requestHeader.getClusterName())", "deleteTopic(requestHeader.getTopic())",
        "A topic is deleted in every cluster.",
    ),
    Mutation(
        "by-hand/empty-topic-stays", ROUTES, DELETE_IN_CLUSTER,
        "if (queueDataMap.isEmpty())", "if (!queueDataMap.isEmpty())",
        "A topic deleted in its only cluster stays in the list, one of several clusters goes.",
    ),
    Mutation(
        "by-hand/one-broker-of-the-cluster", ROUTES, DELETE_IN_CLUSTER,
        "if (removedQD != null)", "if (removedQD != null) break; else",
        "Only one broker of the cluster loses the topic.",
    ),
)  # fmt: skip

CONFIG: Final = (
    Mutation(
        "config/black-list-ignored", PROCESSOR, UPDATE,
        "if (validateBlackListConfigExist(properties))", "if (false)",
        "Anybody may have the NameServer write files elsewhere (CVE-2023-37582).",
    ),
    Mutation(
        "config/black-list-short-of-a-key", PROCESSOR, "private void initConfigBlackList",
        'configBlackList.add("rocketmqHome");', "",  # the others stand in the option's default, too
        "Anybody may have the NameServer look for its files elsewhere.",
    ),
    Mutation(
        "config/all-keys-have-to-be-black", PROCESSOR, "private boolean validateBlackListConfigExist",
        "return true;", "return properties.size() == 1;",
        "A forbidden setting passes in company.",
    ),
    Mutation(
        "config/wrong-code", PROCESSOR, UPDATE,
        "ResponseCode.NO_PERMISSION", "ResponseCode.SYSTEM_ERROR",
        "What is forbidden looks like a fault.",
    ),
    Mutation(
        "config/not-told", PROCESSOR, "private RemotingCommand getConfig",
        "if (StringUtils.isNotBlank(content))", "if (StringUtils.isBlank(content))",
        "The configuration is empty.",
    ),
)  # fmt: skip

WIRE: Final = (
    Mutation(
        "wire/crc-not-looked-at", PROCESSOR, "private boolean checksum",
        "return false;", "return true;",
        "A damaged body is taken.",
    ),
    Mutation(
        "wire/crc-demanded", PROCESSOR, "private boolean checksum",
        "requestHeader.getBodyCrc32() != 0", "true",
        "A broker that sends no checksum is refused.",
    ),
    Mutation(
        "wire/compressed-not-read", PROCESSOR, "private RegisterBrokerBody extractRegisterBrokerBodyFromRequest",
        "requestHeader.isCompressed()", "false",
        "Brokers that compress can't register.",
    ),
    Mutation(
        "wire/old-body-off-by-one", PROCESSOR, REGISTER_ANSWER,
        ">= MQVersion.Version.V3_0_11", "> MQVersion.Version.V3_0_11",
        "The first release with a body of the new form is read as the old one.",
    ),
    Mutation(
        "wire/old-body-not-read", PROCESSOR, REGISTER_ANSWER,
        "brokerVersion.ordinal() >= MQVersion.Version.V3_0_11.ordinal()", "true",
        "The topics of brokers before 3.0.11 are lost.",
    ),
    Mutation(
        "wire/empty-body-has-a-time", PROCESSOR, "private RegisterBrokerBody extractRegisterBrokerBodyFromRequest",
        "registerBrokerBody.getTopicConfigSerializeWrapper().getDataVersion().setTimestamp(0L);", "",
        "A registration without a body has the time of its arrival as its version.",
    ),
    Mutation(
        "wire/wrong-code-for-a-refused-registration", PROCESSOR, "// Register single topic route info should be",
        "ResponseCode.SYSTEM_ERROR", "ResponseCode.SUCCESS",
        "A broker does not learn that it is not registered.",
    ),
    Mutation(
        "wire/wrong-remark-for-a-refused-registration", PROCESSOR, "// Register single topic route info should be",
        '"register broker failed"', '"register failed"',
        "Whoever looks for the remark does not find it.",
    ),
    Mutation(
        "wire/master-address-not-told", PROCESSOR, REGISTER_ANSWER,
        "responseHeader.setMasterAddr(result.getMasterAddr());", "",
        "Slaves don't learn of their master.",
    ),
    Mutation(
        "wire/acting-master-not-read", PROCESSOR, REGISTER_ANSWER,
        "requestHeader.getEnableActingMaster(),", "false,",
        "Every broker counts as one that wants no acting master.",
    ),
    Mutation(
        "wire/wrong-code-for-an-unknown-request", PROCESSOR, DISPATCH,
        "RemotingSysResponseCode.REQUEST_CODE_NOT_SUPPORTED", "RemotingSysResponseCode.SYSTEM_ERROR",
        "Newer brokers don't notice that they speak to an older NameServer.",
    ),
    Mutation(
        "wire/request-to-the-wrong-handler", PROCESSOR, DISPATCH,
        "this.getHasUnitSubUnUnitTopicList(ctx, request)", "this.getHasUnitSubTopicList(ctx, request)",
        "One list is answered with another.",
    ),
    Mutation(
        "wire/heartbeat-not-known", PROCESSOR, DISPATCH,
        "return this.brokerHeartbeat(ctx, request);",
        'return RemotingCommand.createResponseCommand(RemotingSysResponseCode.REQUEST_CODE_NOT_SUPPORTED, "");',
        "Heartbeats are refused.",
    ),
)  # fmt: skip
