"""More mutations of what administrators do on 5.5.0, and of the wire: those that show only seldom."""

from typing import Final

from bench.mutants.administering import DELETE_IN_CLUSTER, KV_MANAGER, OPERATE, REGISTER_ANSWER, UPDATE
from bench.mutants.mutation import Mutation
from bench.mutants.registering import PROCESSOR, ROUTES

PUT: Final = "public void putKVConfig"
KNOWN_TOPIC: Final = "Map<String, QueueData> queueDataMap  = this.topicQueueTable.get(topic);"
PUT_QUEUES: Final = "queueDataMap.put(queueData.getBrokerName(), queueData);"
BETWEEN: Final = "\n                    }\n                    "
KNOWN: Final = '\n                }\n                log.info("Topic route already exist'
EXTRACT: Final = "private RegisterBrokerBody extractRegisterBrokerBodyFromRequest"

KV_SELDOM: Final = (
    Mutation(
        "kv/keys-in-lower-case", KV_MANAGER, PUT,
        "kvTable.put(key, value)", "kvTable.put(key.toLowerCase(), value)",
        "A key with capitals is not found.",
    ),
    Mutation(
        "kv/values-trimmed", KV_MANAGER, PUT,
        "kvTable.put(key, value)", "kvTable.put(key, value == null ? null : value.trim())",
        "Blanks at the end of a value are lost.",
    ),
    Mutation(
        "kv/long-values-cut", KV_MANAGER, PUT,
        "kvTable.put(key, value)",
        "kvTable.put(key, value != null && value.length() > 1024 ? value.substring(0, 1024) : value)",
        "A value is cut after 1024 characters.",
    ),
    Mutation(
        "kv/empty-namespace-not-found", KV_MANAGER, "public byte[] getKVListByNamespace",
        "if (null != kvTable)", "if (null != kvTable && !kvTable.isEmpty())",
        "A namespace whose last key is deleted is not found by its list.",
    ),
    Mutation(
        "kv/namespace-made-by-asking", KV_MANAGER, "public String getKVConfig",
        "this.configTable.get(namespace)", "this.configTable.computeIfAbsent(namespace, none -> new HashMap<>())",
        "A namespace that somebody has asked for is there.",
    ),
    Mutation(
        "kv/deleted-in-every-namespace", KV_MANAGER, "public void deleteKVConfig",
        "String value = kvTable.remove(key);",
        "String value = kvTable.remove(key); this.configTable.values().forEach(other -> other.remove(key));",
        "A key is deleted in other namespaces, too.",
    ),
    Mutation(
        "kv/empty-value-is-none", PROCESSOR, "public RemotingCommand getKVConfig",
        "if (value != null)", "if (value != null && !value.isEmpty())",
        "A key with an empty value is not found.",
    ),
    Mutation(
        "kv/lock-kept-after-an-unknown-key", KV_MANAGER, "public void deleteKVConfig",
        "String value = kvTable.remove(key);",
        "String value = kvTable.remove(key); if (value == null) this.lock.writeLock().lock();",
        "After the first deletion of a key that is not there no other one is put.",
    ),
)  # fmt: skip

BY_HAND_SELDOM: Final = (
    Mutation(
        "by-hand/ten-topics-at-the-most", ROUTES, OPERATE,
        "topicCnt++;", "topicCnt++; if (topicCnt == 10) break;",
        "Of a broker with many topics ten are wiped.",
    ),
    Mutation(
        "by-hand/names-that-begin-so", ROUTES, OPERATE,
        "qdMap.get(brokerName)",
        "qdMap.values().stream().filter(q -> brokerName != null &&"
        " q.getBrokerName().startsWith(brokerName)).findFirst().orElse(null)",
        "To wipe broker-1 wipes broker-10.",
    ),
    Mutation(
        "by-hand/unchanged-not-counted", ROUTES, OPERATE,
        "qd.setPerm(perm);\n            topicCnt++;", "if (qd.getPerm() != perm) topicCnt++;\n            qd.setPerm(perm);",
        "Topics that had no permission to write are not counted.",
    ),
    Mutation(
        "by-hand/lock-kept-for-an-unknown-broker", ROUTES, "public int addWritePermOfBrokerByLock",
        "this.lock.writeLock().lockInterruptibly();",
        "this.lock.writeLock().lockInterruptibly(); if (!this.brokerAddrTable.containsKey(brokerName))"
        " this.lock.writeLock().lock();",
        "After the first typing error no broker can register.",
    ),
    Mutation(
        "by-hand/known-queues-stay", ROUTES, KNOWN_TOPIC,
        f"{PUT_QUEUES}{KNOWN}", f"queueDataMap.putIfAbsent(queueData.getBrokerName(), queueData);{KNOWN}",
        "Queues that a broker has can't be changed by hand.",
    ),
    Mutation(
        "by-hand/known-topic-passes-over-unknown-brokers", ROUTES, KNOWN_TOPIC,
        f"return;{BETWEEN}{PUT_QUEUES}{KNOWN}", f"continue;{BETWEEN}{PUT_QUEUES}{KNOWN}",
        "Of a known topic the queues after those of an unknown broker are taken.",
    ),
    Mutation(
        "by-hand/mappings-deleted-too", ROUTES, "public void deleteTopic(final String topic) {",
        "this.topicQueueTable.remove(topic);",
        "this.topicQueueTable.remove(topic); this.topicQueueMappingInfoTable.remove(topic);",
        "Not what this release does: a static topic that comes back has its queues.",
    ),
    Mutation(
        "by-hand/deleted-everywhere-for-an-unknown-cluster", ROUTES, DELETE_IN_CLUSTER,
        "if (brokerNames == null || brokerNames.isEmpty()) {",
        "if (brokerNames == null) this.topicQueueTable.remove(topic); if (brokerNames == null || brokerNames.isEmpty()) {",
        "A topic is deleted in every cluster if the one named is not there.",
    ),
    Mutation(
        "by-hand/empty-cluster-is-one", PROCESSOR, "private RemotingCommand deleteTopicInNamesrv",
        "&& !requestHeader.getClusterName().isEmpty()", "",
        "With an empty cluster name a topic is not deleted.",
    ),
    Mutation(
        "by-hand/topic-without-queues", PROCESSOR, "private RemotingCommand registerTopicToNamesrv",
        "response.setCode(ResponseCode.SUCCESS);",
        "response.setCode(topicRouteData == null || topicRouteData.getQueueDatas() == null ? ResponseCode.SYSTEM_ERROR"
        " : ResponseCode.SUCCESS);",
        "A topic that is registered without queues is a fault.",
    ),
)  # fmt: skip

CONFIG_SELDOM: Final = (
    Mutation(
        "config/first-key-of-the-black-list", PROCESSOR, "private boolean validateBlackListConfigExist",
        "return true;\n            }", "return true;\n            } else break;",
        "Of what can't be set only one is looked at.",
    ),
    Mutation(
        "config/refused-and-done", PROCESSOR, UPDATE,
        "response.setCode(ResponseCode.NO_PERMISSION);",
        "this.namesrvController.getConfiguration().update(properties); response.setCode(ResponseCode.NO_PERMISSION);",
        "What is refused is done all the same.",
    ),
    Mutation(
        "config/unreadable-is-empty", PROCESSOR, UPDATE,
        'response.setRemark("string2Properties error");\n                return response;',
        'response.setCode(ResponseCode.SUCCESS); response.setRemark(null);\n                return response;',
        "Options that can't be read are set successfully.",
    ),
)  # fmt: skip

WIRE_SELDOM: Final = (
    Mutation(
        "wire/negative-checksum-not-looked-at", PROCESSOR, "private boolean checksum",
        "requestHeader.getBodyCrc32() != 0", "requestHeader.getBodyCrc32() > 0",
        "A body whose checksum is below zero is taken.",
    ),
    Mutation(
        "wire/checksum-of-an-empty-body", PROCESSOR, "private boolean checksum",
        "if (requestHeader.getBodyCrc32() != 0)", "if (requestHeader.getBodyCrc32() != 0 && request.getBody() != null)",
        "A checksum without a body is not looked at.",
    ),
    Mutation(
        "wire/compressed-mappings-not-read", PROCESSOR, EXTRACT,
        "requestHeader.isCompressed(), brokerVersion)", "requestHeader.isCompressed(), MQVersion.Version.V4_9_4)",
        "The static topics of a compressed body are lost.",
    ),
    Mutation(
        "wire/compressed-mappings-demanded", PROCESSOR, EXTRACT,
        "requestHeader.isCompressed(), brokerVersion)", "requestHeader.isCompressed(), MQVersion.Version.HIGHER_VERSION)",
        "Compressed bodies of 4.x brokers can't be read.",
    ),
    Mutation(
        "wire/old-empty-body-has-a-time", PROCESSOR, "private TopicConfigSerializeWrapper extractRegisterTopicConfigFromRequest",
        "topicConfigWrapper.getDataVersion().setTimestamp(0L);", "",
        "An old broker's registration without a body has the time of its arrival as its version.",
    ),
    Mutation(
        "wire/ha-address-not-told", PROCESSOR, REGISTER_ANSWER,
        "responseHeader.setHaServerAddr(result.getHaServerAddr());", "",
        "Slaves don't learn where to replicate from.",
    ),
    Mutation(
        "wire/remark-of-success", PROCESSOR, "public RemotingCommand unregisterBroker",
        "response.setCode(ResponseCode.SUCCESS);\n        response.setRemark(null);",
        'response.setCode(ResponseCode.SUCCESS);\n        response.setRemark("");',
        "A success has a remark.",
    ),
    Mutation(
        "wire/zone-under-another-name", PROCESSOR, REGISTER_ANSWER,
        "request.getExtFields().get(MixAll.ZONE_NAME)", 'request.getExtFields().get("zoneName")',
        "Zones are read from a field that no broker sends.",
    ),
    Mutation(
        "wire/timeout-not-read", PROCESSOR, REGISTER_ANSWER,
        "requestHeader.getHeartbeatTimeoutMillis(),", "null,",
        "Every broker is kept for two minutes.",
    ),
    Mutation(
        "wire/filter-servers-not-read", PROCESSOR, REGISTER_ANSWER,
        "filterServerList = registerBrokerBody.getFilterServerList();", "filterServerList = new java.util.ArrayList<>();",
        "Nobody has filter servers.",
    ),
    Mutation(
        "wire/filter-servers-of-old-brokers-go", PROCESSOR, REGISTER_ANSWER,
        "List<String> filterServerList = null;", "List<String> filterServerList = new java.util.ArrayList<>();",
        "A broker before 3.0.11 takes the filter servers away that its address had.",
    ),
    Mutation(
        "wire/connection-not-remembered", PROCESSOR, REGISTER_ANSWER,
        "ctx.channel()\n        );", "request.isOnewayRPC() ? null : ctx.channel()\n        );",
        "A broker that registers one-way and crashes stays.",
    ),
)  # fmt: skip
