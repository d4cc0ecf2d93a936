"""More mutations of how 5.5.0 registers brokers: those that show only seldom.

At the second registration, beyond a number, for slaves, for names alike but for their case, for one combination of two flags.
"""

from typing import Final

from bench.mutants.mutation import Mutation
from bench.mutants.registering import PROCESSOR, REGISTER, ROUTES

QUEUES: Final = "private void createAndUpdateQueueData"
REGISTER_ANSWER: Final = "public RemotingCommand registerBroker"

REGISTRATION_SELDOM: Final = (
    Mutation(
        "registration/slaves-not-in-their-cluster", ROUTES, REGISTER,
        "brokerNames.add(brokerName);", "if (brokerId == 0) brokerNames.add(brokerName);",
        "A name whose only broker is a slave is missing in its cluster.",
    ),
    Mutation(
        "registration/acting-master-sticks", ROUTES, REGISTER,
        "setEnableActingMaster(!isOldVersionBroker && enableActingMaster)",
        "setEnableActingMaster(brokerData.isEnableActingMaster() || !isOldVersionBroker && enableActingMaster)",
        "A group that gives up its acting master keeps it.",
    ),
    Mutation(
        "registration/zone-sticks", ROUTES, REGISTER,
        "brokerData.setZoneName(zoneName);", "if (zoneName != null) brokerData.setZoneName(zoneName);",
        "A name that leaves its zone stays in it.",
    ),
    Mutation(
        "registration/cluster-follows", ROUTES, REGISTER,
        "brokerData.setZoneName(zoneName);", "brokerData.setZoneName(zoneName); brokerData.setCluster(clusterName);",
        "A name moves to whatever cluster registers it.",
    ),
    Mutation(
        "registration/only-greater-ids-left", ROUTES, REGISTER,
        "brokerId != item.getKey()", "brokerId < item.getKey()",
        "A master that comes back as slave stays in the route as master, too.",
    ),
    Mutation(
        "registration/addresses-alike-but-for-their-case", ROUTES, REGISTER,
        "brokerAddr.equals(item.getValue())", "brokerAddr.equalsIgnoreCase(item.getValue())",
        "A broker pushes out another one whose host is written alike but for capitals.",
    ),
    Mutation(
        "registration/addresses-that-begin-alike", ROUTES, REGISTER,
        "brokerAddr.equals(item.getValue())", "item.getValue().startsWith(brokerAddr)",
        "A broker at port 1091 pushes out the one at port 10911.",
    ),
    Mutation(
        "registration/state-version-as-an-int", ROUTES, REGISTER,
        "oldStateVersion > newStateVersion", "(int) oldStateVersion > (int) newStateVersion",
        "A stateVersion beyond 2^31 is older than one below it.",
    ),
    Mutation(
        "registration/counter-for-state-version", ROUTES, REGISTER,
        "oldStateVersion > newStateVersion",
        "oldStateVersion > newStateVersion || oldStateVersion == newStateVersion"
        " && oldBrokerInfo.getDataVersion().getCounter().get() > topicConfigWrapper.getDataVersion().getCounter().get()",
        "With equal stateVersions the counter decides who gets an id.",
    ),
    Mutation(
        "registration/state-version-looked-at-for-masters", ROUTES, REGISTER,
        "if (null != oldBrokerAddr && !oldBrokerAddr", "if (null != oldBrokerAddr && brokerId == 0 && !oldBrokerAddr",
        "A slave's id is given to an older stateVersion.",
    ),
    Mutation(
        "registration/conflict-is-a-fault", ROUTES, REGISTER,
        "return result;\n                    }", "return null;\n                    }",
        "A deposed master is told SYSTEM_ERROR, and tries again and again.",
    ),
    Mutation(
        "registration/lock-kept-after-a-refusal", ROUTES, REGISTER,
        "return null;", "this.lock.writeLock().lock(); return null;",
        "After the first refused registration nobody gets an answer that needs the tables.",
    ),
    Mutation(
        "registration/lock-kept-after-a-conflict", ROUTES, REGISTER,
        "return result;\n                    }", "this.lock.writeLock().lock(); return result;\n                    }",
        "After the first ignored registration nobody gets an answer that needs the tables.",
    ),
    Mutation(
        "registration/empty-address-is-none", ROUTES, REGISTER,
        "registerFirst || (StringUtils.isEmpty(oldAddr))", "registerFirst || oldAddr == null",
        "Topics that come after a registration without an address are dropped.",
    ),
    Mutation(
        "registration/only-slave-1-publishes", ROUTES, REGISTER,
        "&& brokerId == Collections.min(brokerAddrsMap.keySet())", "&& brokerId == 1L",
        "A group of which slaves 2 and 3 are left loses its topics.",
    ),
    Mutation(
        "registration/slaves-beyond-the-third", ROUTES, REGISTER,
        "brokerAddrsMap.put(brokerId, brokerAddr)",
        "brokerAddrsMap.size() > 3 && !brokerAddrsMap.containsKey(brokerId) ? null : brokerAddrsMap.put(brokerId, brokerAddr)",
        "A group has four brokers at the most.",
    ),
    Mutation(
        "registration/topics-beyond-the-thousandth", ROUTES, QUEUES,
        "QueueData queueData = new QueueData();",
        "if (this.topicQueueTable.size() >= 1000 && !this.topicQueueTable.containsKey(topicConfig.getTopicName())) return;"
        " QueueData queueData = new QueueData();",
        "There are 1000 topics at the most.",
    ),
    Mutation(
        "registration/brokers-of-a-topic-beyond-the-fourth", ROUTES, QUEUES,
        "if (existedQD == null)", "if (existedQD == null && queueDataMap.size() == 4) return; if (existedQD == null)",
        "A topic has four brokers at the most.",
    ),
    Mutation(
        "registration/changed-flag-not-seen", ROUTES, QUEUES,
        "!existedQD.equals(queueData)",
        "existedQD.getPerm() != queueData.getPerm() || existedQD.getReadQueueNums() != queueData.getReadQueueNums()"
        " || existedQD.getWriteQueueNums() != queueData.getWriteQueueNums()",
        "A topic that becomes a unit's stays as it was.",
    ),
    Mutation(
        "registration/fewer-queues-not-seen", ROUTES, QUEUES,
        "!existedQD.equals(queueData)",
        "!existedQD.equals(queueData) && existedQD.getReadQueueNums() <= queueData.getReadQueueNums()",
        "A topic that gets fewer queues keeps the old number.",
    ),
    Mutation(
        "registration/unknown-permissions-cut-off", ROUTES, QUEUES,
        "queueData.setPerm(topicConfig.getPerm());", "queueData.setPerm(topicConfig.getPerm() & 15);",
        "Bits of a topic's perm that are not known yet are lost.",
    ),
    Mutation(
        "registration/mapping-of-one-broker", ROUTES, REGISTER,
        "if (!topicQueueMappingInfoTable.containsKey(entry.getKey()))", "if (true)",
        "A static topic's queues are known of the last broker only.",
    ),
    Mutation(
        "registration/mapping-of-a-newcomer-forgotten", ROUTES, REGISTER,
        "topicConfigWrapper.getDataVersion()) || registerFirst)", "topicConfigWrapper.getDataVersion()))",
        "A broker that comes to another id with the version that is stored brings no static topics.",
    ),
    Mutation(
        "registration/ha-address-never-renewed", ROUTES, REGISTER,
        "haServerAddr));",
        "this.brokerLiveTable.containsKey(brokerAddrInfo)"
        " ? this.brokerLiveTable.get(brokerAddrInfo).getHaServerAddr() : haServerAddr));",
        "Slaves replicate from where their master was first.",
    ),
    Mutation(
        "registration/master-of-another-cluster", ROUTES, REGISTER,
        "new BrokerAddrInfo(clusterName, masterAddr)", "new BrokerAddrInfo(brokerData.getCluster(), masterAddr)",
        "A slave of another cluster is told of a master that is not its own.",
    ),
    Mutation(
        "registration/master-need-not-live", ROUTES, REGISTER,
        "result.setMasterAddr(masterAddr);", "",
        "A slave is told where to replicate from, but not who its master is.",
    ),
    Mutation(
        "registration/empty-filter-servers-kept", ROUTES, REGISTER,
        "if (filterServerList.isEmpty())", "if (filterServerList == null)",
        "Routes name a broker that gave up its filter servers with an empty list.",
    ),
    Mutation(
        "registration/filter-servers-of-masters-only", ROUTES, REGISTER,
        "if (filterServerList != null)", "if (filterServerList != null && brokerId == 0)",
        "A slave's filter servers are not told.",
    ),
    Mutation(
        "registration/left-out-topics-deleted", ROUTES, REGISTER,
        "if (namesrvConfig.isDeleteTopicWithBrokerRegistration()", "if (!namesrvConfig.isDeleteTopicWithBrokerRegistration()",
        "A topic that is not in the last registration is gone.",
    ),
    Mutation(
        "registration/one-way-ignored", PROCESSOR, REGISTER_ANSWER,
        "if (!checksum(ctx, request, requestHeader))",
        "if (request.isOnewayRPC()) return null; if (!checksum(ctx, request, requestHeader))",
        "Brokers that register one-way are not there.",
    ),
)  # fmt: skip

DATA_VERSION_SELDOM: Final = (
    Mutation(
        "data-version/absent-topic-by-its-key", ROUTES, REGISTER,
        "entry.getValue().getTopicName())) {", "entry.getKey())) {",
        "Whether a topic is missing is asked of its key, not of its name.",
    ),
    Mutation(
        "data-version/absent-topic-not-put", ROUTES, "public boolean isTopicConfigChanged",
        "if (queueDataMap == null || queueDataMap.isEmpty()) {\n            return true;",
        "if (queueDataMap == null || queueDataMap.isEmpty()) {\n            return false;",
        "A deleted topic does not come back with its broker's next registration.",
    ),
    Mutation(
        "data-version/state-version-not-compared", ROUTES, "public boolean isBrokerTopicConfigChanged",
        "!prev.equals(dataVersion)",
        "prev.getTimestamp() != dataVersion.getTimestamp()"
        " || prev.getCounter().get() != dataVersion.getCounter().get()",
        "Another stateVersion is no other version.",
    ),
    Mutation(
        "data-version/counter-as-an-int", ROUTES, "public boolean isBrokerTopicConfigChanged",
        "!prev.equals(dataVersion)",
        "prev.getTimestamp() != dataVersion.getTimestamp() || prev.getStateVersion() != dataVersion.getStateVersion()"
        " || prev.getCounter().intValue() != dataVersion.getCounter().intValue()",
        "Counters that differ by 2^32 are one.",
    ),
    Mutation(
        "data-version/told-only-if-changed", PROCESSOR, "RemotingCommand queryBrokerTopicConfig(",
        "if (nameSeverDataVersion != null)", "if (nameSeverDataVersion != null && changed)",
        "Whoever has the stored version is not told which it is.",
    ),
    Mutation(
        "data-version/known-from-its-address-alone", ROUTES, "public DataVersion queryBrokerTopicConfig",
        "new BrokerAddrInfo(clusterName, brokerAddr)",
        "new BrokerAddrInfo(clusterName == null ? null : clusterName.toLowerCase(), brokerAddr)",
        "Brokers of clusters with capitals in their names are never known.",
    ),
)  # fmt: skip
