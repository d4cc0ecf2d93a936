"""Mutations of 5.5.0 written after most clauses, each judged before any clause was added for it: what a stranger might seed.

Their writer had read Apache's sources anew, and some of the clauses. First verdicts: docs/mutants/RELEASE-later.json.
"""

from typing import Final

from bench.mutants.administering import KV_MANAGER, OPERATE, UPDATE
from bench.mutants.leaving import BATCH, CLEAN
from bench.mutants.mutation import Mutation
from bench.mutants.reading import CLIENT, PICK_UP, ROUTE_ANSWER
from bench.mutants.reading_seldom import FILTER
from bench.mutants.registering import PROCESSOR, REGISTER, ROUTES
from bench.mutants.registering_seldom import QUEUES

KEY_EQUALS: Final = "BrokerAddrInfo addr = (BrokerAddrInfo) obj;"

LATER: Final = (
    Mutation(
        "registration/own-older-state-version-refused", ROUTES, REGISTER,
        "null != oldBrokerAddr && !oldBrokerAddr.equals(brokerAddr)", "null != oldBrokerAddr",
        "A broker that lost its stateVersion can't register at its own place.",
    ),
    Mutation(
        "registration/mappings-of-changed-newcomers-only", ROUTES, REGISTER,
        "topicConfigWrapper.getDataVersion()) || registerFirst)", "topicConfigWrapper.getDataVersion()) && registerFirst)",
        "A static topic that is moved keeps its old queues in routes.",
    ),
    Mutation(
        "registration/write-queues-are-read-queues", ROUTES, QUEUES,
        "topicConfig.getWriteQueueNums()", "topicConfig.getReadQueueNums()",
        "Producers see the number of read queues.",
    ),
    Mutation(
        "registration/one-address-of-a-hash", ROUTES, KEY_EQUALS,
        "clusterName.equals(addr.clusterName) && brokerAddr.equals(addr.brokerAddr)", "clusterName.equals(addr.clusterName)",
        "Of two addresses of a cluster whose hashes are the same the second takes the first's version.",
    ),
    Mutation(
        "registration/one-cluster-of-a-hash", ROUTES, KEY_EQUALS,
        "clusterName.equals(addr.clusterName) && brokerAddr.equals(addr.brokerAddr)", "brokerAddr.equals(addr.brokerAddr)",
        "An address in two clusters whose hashes are the same has one version.",
    ),
    Mutation(
        "registration/left-out-topics-of-others-deleted", ROUTES, REGISTER,
        "if (queueDataMap.isEmpty()) {", "if (!queueDataMap.isEmpty()) {",
        "With deleteTopicWithBrokerRegistration a topic goes that others have, and one stays that nobody has.",
    ),
    Mutation(
        "unregistration/nobody-is-reduced", ROUTES, "public void unRegisterBroker(Set<",
        "reducedBroker.add(brokerName);", "",
        "Producers still write to a group whose master has left.",
    ),
    Mutation(
        "unregistration/one-may-wait", BATCH, "public BatchUnregistrationService(",
        "namesrvConfig.getUnRegisterBrokerQueueCapacity()", "1",
        "Of brokers that leave together some are told that they can't.",
    ),
    Mutation(
        "unregistration/read-perm-wiped", ROUTES, CLEAN,
        "queueData.getPerm() & (~PermName.PERM_WRITE)", "queueData.getPerm() & PermName.PERM_WRITE",
        "A group without its master can be written, and not read.",
    ),
    Mutation(
        "routes/first-broker-without-filter-servers", ROUTES, PICK_UP,
        "if (filterServerTable.isEmpty()) {\n                        continue;",
        "if (filterServerTable.isEmpty()) {\n                        break;",
        "A route names one broker where nobody has filter servers.",
    ),
    Mutation(
        "routes/acting-master-of-every-group", ROUTES, PICK_UP,
        "brokerAddrs.containsKey(MixAll.MASTER_ID) || !brokerData.isEnableActingMaster()",
        "brokerAddrs.containsKey(MixAll.MASTER_ID)",
        "With supportActingMaster a group that did not ask for one has an acting master.",
    ),
    Mutation(
        "routes/acting-master-beside-its-slave", ROUTES, PICK_UP,
        "brokerAddrs.remove(minBrokerId)", "brokerAddrs.get(minBrokerId)",
        "With supportActingMaster the acting master stands in routes twice.",
    ),
    Mutation(
        "routes/order-of-another-namespace", CLIENT, ROUTE_ANSWER,
        "NamesrvUtil.NAMESPACE_ORDER_TOPIC_CONFIG,\n                        requestHeader.getTopic()",
        "requestHeader.getTopic(),\n                        NamesrvUtil.NAMESPACE_ORDER_TOPIC_CONFIG",
        "With orderMessageEnable routes lack their topic's order.",
    ),
    Mutation(
        "zones/hook-forgotten", "NamesrvController", "private void initiateRpcHooks",
        "this.remotingServer.registerRPCHook(new ZoneRouteRPCHook());", "",
        "Clients of a zone get the brokers of all zones.",
    ),
    Mutation(
        "zones/brokers-stay", "route/ZoneRouteRPCHook", FILTER,
        "topicRouteData.setBrokerDatas(brokerDataReserved);", "",
        "A client of a zone gets brokers without their queues.",
    ),
    Mutation(
        "lists/ununit-needs-no-subscription", ROUTES, "public TopicList getHasUnitSubUnUnitTopicList",
        "&& TopicSysFlag.hasUnitSubFlag(queueDatas.values().iterator().next().getTopicSysFlag())", "",
        "The third list names topics that have no unit subscription.",
    ),
    Mutation(
        "lists/group-turned-round", PROCESSOR, "private RemotingCommand getBrokerMemberGroup",
        "getBrokerMemberGroup(requestHeader.getClusterName(), requestHeader.getBrokerName())",
        "getBrokerMemberGroup(requestHeader.getBrokerName(), requestHeader.getClusterName())",
        "A group is looked for under its cluster's name.",
    ),
    Mutation(
        "kv/list-without-its-keys", KV_MANAGER, "public byte[] getKVListByNamespace",
        "table.setTable(kvTable);", "",
        "A namespace's list is empty.",
    ),
    Mutation(
        "kv/put-turned-round", PROCESSOR, "public RemotingCommand putKVConfig",
        "requestHeader.getNamespace(),\n            requestHeader.getKey(),",
        "requestHeader.getKey(),\n            requestHeader.getNamespace(),",
        "A key is put as a namespace.",
    ),
    Mutation(
        "by-hand/wipe-falls-through", ROUTES, OPERATE,
        "perm &= ~PermName.PERM_WRITE;\n                    break;", "perm &= ~PermName.PERM_WRITE;",
        "To wipe the write permission gives it.",
    ),
    Mutation(
        "by-hand/add-count-missing", PROCESSOR, "private RemotingCommand addWritePermOfBroker",
        "responseHeader.setAddTopicCount(addTopicCnt);", "",
        "An ext field is missing.",
    ),
    Mutation(
        "config/never-set", PROCESSOR, UPDATE,
        "this.namesrvController.getConfiguration().update(properties);", "",
        "An option that is set successfully keeps its value.",
    ),
    Mutation(
        "config/text-only", "MixAll", "public static void properties2Object(",
        'if (cn.equals("boolean") || cn.equals("Boolean")) {', 'if (cn.equals("Boolean")) {',
        "Options that are true or false can't be set.",
        artifact="common",
    ),
    Mutation(
        "wire/ha-address-is-the-masters", PROCESSOR, "public RemotingCommand registerBroker",
        "setHaServerAddr(result.getHaServerAddr())", "setHaServerAddr(result.getMasterAddr())",
        "Slaves replicate from where their master serves clients.",
    ),
    Mutation(
        "wire/header-longer-than-its-frame", "protocol/RemotingCommand", "RemotingCommand decode(final ByteBuf byteBuffer)",
        "if (headerLength > length - 4) {", "if (headerLength > length + 4) {",
        "A frame whose header is said to be longer than it is read all the same, or not, by what comes behind it.",
        artifact="remoting",
    ),
)  # fmt: skip
