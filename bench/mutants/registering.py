"""Mutations of how 5.5.0 registers brokers and compares their versions."""

from typing import Final

from bench.mutants.mutation import Mutation

ROUTES: Final = "routeinfo/RouteInfoManager"
PROCESSOR: Final = "processor/DefaultRequestProcessor"
REGISTER: Final = "final Boolean enableActingMaster,"
"""In the parameters of the `registerBroker` that does the work."""

REGISTRATION: Final = (
    Mutation(
        "registration/cluster-without-broker", ROUTES, REGISTER,
        "brokerNames.add(brokerName);", "",
        "A registered broker is missing in its cluster.",
    ),
    Mutation(
        "registration/first-not-noticed", ROUTES, REGISTER,
        "registerFirst = true;", "",
        "A broker name's first registration is not noticed as such.",
        excluded="equivalent: a new name has no address for any id, which sets the same flag further down",
    ),
    Mutation(
        "registration/acting-master-forgotten", ROUTES, REGISTER,
        "brokerData.setEnableActingMaster(!isOldVersionBroker && enableActingMaster);", "",
        "A group that asks for an acting master never gets one.",
    ),
    Mutation(
        "registration/acting-master-stays", ROUTES, REGISTER,
        "brokerData.setEnableActingMaster(!isOldVersionBroker && enableActingMaster);",
        "if (!isOldVersionBroker) brokerData.setEnableActingMaster(enableActingMaster);",
        "A broker of an older release no longer takes the group's acting master away.",
    ),
    Mutation(
        "registration/zone-forgotten", ROUTES, REGISTER,
        "brokerData.setZoneName(zoneName);", "",
        "Clients of a zone get the brokers of all zones.",
    ),
    Mutation(
        "registration/address-under-two-ids", ROUTES, REGISTER,
        "null != brokerAddr && brokerAddr.equals(item.getValue())", "false",
        "A slave that becomes master stays in the route as slave too.",
    ),
    Mutation(
        "registration/own-id-taken-out", ROUTES, REGISTER,
        "brokerId != item.getKey()", "brokerId == item.getKey()",
        "The wrong one of a broker's two ids is taken out.",
    ),
    Mutation(
        "registration/equal-state-version-refused", ROUTES, REGISTER,
        "oldStateVersion > newStateVersion", "oldStateVersion >= newStateVersion",
        "A broker that moves to another address can't come back with the same stateVersion.",
    ),
    Mutation(
        "registration/older-state-version-by-one-accepted", ROUTES, REGISTER,
        "oldStateVersion > newStateVersion", "oldStateVersion > newStateVersion + 1",
        "A deposed master that is one election behind takes its place back.",
    ),
    Mutation(
        "registration/newer-state-version-refused", ROUTES, REGISTER,
        "oldStateVersion > newStateVersion", "oldStateVersion < newStateVersion",
        "The newly elected master is ignored, the old one stays.",
    ),
    Mutation(
        "registration/refused-stays-live", ROUTES, REGISTER,
        "brokerLiveTable.remove(new BrokerAddrInfo(clusterName, brokerAddr));", "",
        "A broker whose registration is ignored is still told that its version is known.",
    ),
    Mutation(
        "registration/refused-drops-the-holder", ROUTES, REGISTER,
        "brokerLiveTable.remove(new BrokerAddrInfo(clusterName, brokerAddr));",
        "brokerLiveTable.remove(new BrokerAddrInfo(clusterName, oldBrokerAddr));",
        "Ignoring a deposed master takes the rightful one's liveness.",
    ),
    Mutation(
        "registration/state-version-of-the-wrong-broker", ROUTES, REGISTER,
        "get(new BrokerAddrInfo(clusterName, oldBrokerAddr))", "get(new BrokerAddrInfo(clusterName, brokerAddr))",
        "The newcomer's own stored version is compared, not that of the holder of its id.",
    ),
    Mutation(
        "registration/empty-body-refused", ROUTES, REGISTER,
        "getTopicConfigTable().size() == 1", "getTopicConfigTable().size() <= 1",
        "A broker without topics can't register for the first time.",
    ),
    Mutation(
        "registration/one-topic-refused-by-name-only", ROUTES, REGISTER,
        "!brokerAddrsMap.containsKey(brokerId) &&", "brokerAddrsMap.isEmpty() &&",
        "A part of a slave's topics counts as its first registration.",
    ),
    Mutation(
        "registration/one-topic-accepted", ROUTES, REGISTER,
        "getTopicConfigTable().size() == 1", "getTopicConfigTable().size() < 0",
        "An update with one topic counts as the first registration, and the other topics stay missing.",
    ),
    Mutation(
        "registration/address-not-replaced", ROUTES, REGISTER,
        "brokerAddrsMap.put(brokerId, brokerAddr)", "brokerAddrsMap.putIfAbsent(brokerId, brokerAddr)",
        "A broker that comes back at another address keeps the old one in the route.",
    ),
    Mutation(
        "registration/first-of-an-id-not-noticed", ROUTES, REGISTER,
        "registerFirst = registerFirst || (StringUtils.isEmpty(oldAddr));", "",
        "Topics that came with a version already seen at this address are dropped.",
    ),
    Mutation(
        "registration/slaves-publish", ROUTES, REGISTER,
        "(isMaster || isPrimeSlave)", "(brokerId >= 0)",
        "Every slave's topics overwrite its master's.",
    ),
    Mutation(
        "registration/prime-slave-silent", ROUTES, REGISTER,
        "(isMaster || isPrimeSlave)", "isMaster",
        "A group without a master loses its topics.",
    ),
    Mutation(
        "registration/old-slave-publishes", ROUTES, REGISTER,
        "boolean isPrimeSlave = !isOldVersionBroker && !isMaster", "boolean isPrimeSlave = !isMaster",
        "A slave of an older release publishes topics.",
    ),
    Mutation(
        "registration/highest-slave-publishes", ROUTES, REGISTER,
        "brokerId == Collections.min(brokerAddrsMap", "brokerId == Collections.max(brokerAddrsMap",
        "Of two slaves the wrong one publishes.",
    ),
    Mutation(
        "registration/prime-slave-always-read-only", ROUTES, REGISTER,
        "if (isPrimeSlave && brokerData.isEnableActingMaster())", "if (isPrimeSlave)",
        "A prime slave's topics lose their write permission although no acting master was asked for.",
    ),
    Mutation(
        "registration/prime-slave-write-only", ROUTES, REGISTER,
        "(~PermName.PERM_WRITE)", "(~PermName.PERM_READ)",
        "A prime slave's topics lose the wrong permission.",
    ),
    Mutation(
        "registration/mapping-under-the-registering-name", ROUTES, REGISTER,
        ".put(entry.getValue().getBname(), entry.getValue())", ".put(brokerName, entry.getValue())",
        "A static topic's queues are told under the wrong broker.",
    ),
    Mutation(
        "registration/mapping-never-renewed", ROUTES, REGISTER,
        "if (this.isBrokerTopicConfigChanged(clusterName, brokerAddr, topicConfigWrapper.getDataVersion()) || registerFirst)",
        "if (registerFirst)",
        "A static topic that is moved keeps its old queues in routes.",
    ),
    Mutation(
        "registration/ha-address-forgotten", ROUTES, REGISTER,
        "haServerAddr));", "null));",
        "Slaves are not told where to replicate from.",
    ),
    Mutation(
        "registration/filter-servers-stay", ROUTES, REGISTER,
        "this.filterServerTable.remove(brokerAddrInfo);", "",
        "Filter servers that a broker gave up stay in routes.",
    ),
    Mutation(
        "registration/master-told-of-itself", ROUTES, REGISTER,
        "if (MixAll.MASTER_ID != brokerId)", "if (MixAll.MASTER_ID == brokerId)",
        "The answer with the master's address goes to the master and not to slaves.",
    ),
    Mutation(
        "registration/master-address-is-the-ha-address", ROUTES, REGISTER,
        "result.setMasterAddr(masterAddr)", "result.setMasterAddr(masterLiveInfo.getHaServerAddr())",
        "A slave is told the HA address as its master's.",
    ),
    Mutation(
        "registration/wrong-queue-count", ROUTES, "private void createAndUpdateQueueData",
        "topicConfig.getReadQueueNums()", "topicConfig.getWriteQueueNums()",
        "Consumers see the number of write queues.",
    ),
    Mutation(
        "registration/sys-flag-forgotten", ROUTES, "private void createAndUpdateQueueData",
        "queueData.setTopicSysFlag(topicConfig.getTopicSysFlag());", "",
        "Unit topics look like others.",
    ),
    Mutation(
        "registration/perm-is-the-default", ROUTES, "private void createAndUpdateQueueData",
        "queueData.setPerm(topicConfig.getPerm());", "queueData.setPerm(PermName.PERM_READ | PermName.PERM_WRITE);",
        "A topic's permissions are not those that its broker says.",
    ),
    Mutation(
        "registration/queue-counts-not-updated", ROUTES, "private void createAndUpdateQueueData",
        "!existedQD.equals(queueData)", "existedQD.getPerm() != queueData.getPerm()",
        "A topic that gets more queues keeps the old number.",
    ),
)  # fmt: skip

DATA_VERSION: Final = (
    Mutation(
        "data-version/unknown-is-unchanged", ROUTES, "public boolean isBrokerTopicConfigChanged",
        "null == prev || !prev.equals(dataVersion)", "null != prev && !prev.equals(dataVersion)",
        "A broker that the NameServer has forgotten is told that nothing changed, and stays away.",
    ),
    Mutation(
        "data-version/counter-only", ROUTES, "public boolean isBrokerTopicConfigChanged",
        "!prev.equals(dataVersion)", "prev.getCounter().get() != dataVersion.getCounter().get()",
        "A change with the same counter is not seen.",
    ),
    Mutation(
        "data-version/timestamp-only", ROUTES, "public boolean isBrokerTopicConfigChanged",
        "!prev.equals(dataVersion)", "prev.getTimestamp() != dataVersion.getTimestamp()",
        "A change within a millisecond is not seen.",
    ),
    Mutation(
        "data-version/newer-only", ROUTES, "public boolean isBrokerTopicConfigChanged",
        "!prev.equals(dataVersion)", "prev.getTimestamp() < dataVersion.getTimestamp()",
        "A broker whose clock was set back is not heard.",
    ),
    Mutation(
        "data-version/topic-of-another-broker-is-enough", ROUTES, "public boolean isTopicConfigChanged",
        "return !queueDataMap.containsKey(brokerName);", "return false;",
        "A broker whose queues were lost does not get them back by registering again.",
    ),
    Mutation(
        "data-version/never-renewed", ROUTES, REGISTER,
        "this.brokerLiveTable.put(brokerAddrInfo,", "this.brokerLiveTable.putIfAbsent(brokerAddrInfo,",
        "The first DataVersion is kept for good, and the first connection.",
    ),
    Mutation(
        "data-version/live-under-the-wrong-key", ROUTES, REGISTER,
        "BrokerAddrInfo brokerAddrInfo = new BrokerAddrInfo(clusterName, brokerAddr);",
        "BrokerAddrInfo brokerAddrInfo = new BrokerAddrInfo(brokerName, brokerAddr);",
        "A broker's DataVersion is kept under its name, and asked for under its cluster.",
    ),
    Mutation(
        "data-version/looked-up-in-any-cluster", ROUTES, "public DataVersion queryBrokerTopicConfig",
        "this.brokerLiveTable.get(addrInfo)",
        "this.brokerLiveTable.entrySet().stream().filter(e -> e.getKey().getBrokerAddr().equals(brokerAddr))"
        ".map(Entry::getValue).findFirst().orElse(null)",
        "The version of a broker at the same address in another cluster is answered.",
    ),
    Mutation(
        "data-version/answer-without-changed", PROCESSOR, "RemotingCommand queryBrokerTopicConfig(",
        "responseHeader.setChanged(changed);", "",
        "Brokers find no answer in the answer.",
    ),
    Mutation(
        "data-version/changed-inverted", PROCESSOR, "RemotingCommand queryBrokerTopicConfig(",
        "responseHeader.setChanged(changed);", "responseHeader.setChanged(!changed);",
        "Brokers register when nothing has changed, and not when something has.",
    ),
    Mutation(
        "data-version/echoed", PROCESSOR, "RemotingCommand queryBrokerTopicConfig(",
        "nameSeverDataVersion.encode()", "dataVersion.encode()",
        "A broker gets its own version as the stored one.",
    ),
)  # fmt: skip
