"""Mutations written without a look at the suite's clauses, by somebody who had read only Apache's sources: what they register."""

from typing import Final

from bench.mutants.mutation import Mutation

ROUTES: Final = "routeinfo/RouteInfoManager"
PROCESSOR: Final = "processor/DefaultRequestProcessor"
REGISTER: Final = "final Boolean enableActingMaster,"
UNREGISTER: Final = "public void unRegisterBroker("
SETUP: Final = "private boolean setupUnRegisterRequest("

REGISTRATION_BLIND: Final = (
    Mutation(
        "registration/own-place-given-up-first", ROUTES, REGISTER,
        " && brokerId != item.getKey()", "",
        "Each registration is a first one: topics are taken over without a new version.",
    ),
    Mutation(
        "registration/holder-looked-up-in-its-first-cluster", ROUTES, REGISTER,
        "brokerLiveTable.get(new BrokerAddrInfo(clusterName, oldBrokerAddr))",
        "brokerLiveTable.get(new BrokerAddrInfo(brokerData.getCluster(), oldBrokerAddr))",
        "A broker of another cluster is refused the place of one with a higher stateVersion.",
    ),
    Mutation(
        "registration/state-version-of-counter", ROUTES, REGISTER,
        "oldBrokerInfo.getDataVersion().getStateVersion()", "oldBrokerInfo.getDataVersion().getCounter().get()",
        "Who may take a place is decided by the holder's number of changes.",
    ),
    Mutation(
        "registration/first-at-each-address", ROUTES, REGISTER,
        "(StringUtils.isEmpty(oldAddr))", "!brokerAddr.equals(oldAddr)",
        "Who comes under another address is taken as new, whatever version is stored for that address.",
    ),
    Mutation(
        "registration/any-slave-without-master-is-prime", ROUTES, REGISTER,
        "brokerId == Collections.min(brokerAddrsMap.keySet())", "!brokerAddrsMap.containsKey(MixAll.MASTER_ID)",
        "The topics of each slave count while there is no master.",
    ),
    Mutation(
        "registration/prime-slave-below-zero-only-beside-master", ROUTES, REGISTER,
        "brokerId == Collections.min(brokerAddrsMap.keySet())",
        "brokerId == Collections.min(brokerAddrsMap.keySet()) && brokerId > 0",
        "The topics of a broker under id -1, as of a quorum without a leader, do not count.",
    ),
    Mutation(
        "registration/acting-master-false-is-as-not-said", ROUTES, REGISTER,
        "boolean isOldVersionBroker = enableActingMaster == null;",
        "boolean isOldVersionBroker = enableActingMaster == null || !enableActingMaster;",
        "A smallest slave that says it wants no acting master has no topics.",
    ),
    Mutation(
        "registration/prime-slave-only-reads", ROUTES, REGISTER,
        "topicConfig.setPerm(topicConfig.getPerm() & (~PermName.PERM_WRITE));", "topicConfig.setPerm(PermName.PERM_READ);",
        "An acting master's topic can be read though its own permissions forbid it.",
    ),
    Mutation(
        "registration/master-told-though-not-alive", ROUTES, REGISTER,
        "if (masterAddr != null) {", "if (masterAddr != null) { result.setMasterAddr(masterAddr);",
        "A slave hears of a master of which the NameServer knows no HA address.",
    ),
    Mutation(
        "registration/only-positive-ids-are-slaves", ROUTES, REGISTER,
        "if (MixAll.MASTER_ID != brokerId) {", "if (brokerId > MixAll.MASTER_ID) {",
        "A broker under id -1 is not told its master.",
    ),
    Mutation(
        "registration/failure-is-told", ROUTES, REGISTER,
        'log.error("registerBroker Exception", e);', 'log.error("registerBroker Exception", e); return null;',
        "A registration that fails half way, as one without a cluster, is answered with an error.",
    ),
    Mutation(
        "registration/min-id-changes-with-equal", ROUTES, REGISTER,
        "if (brokerId < prevMinBrokerId) {", "if (brokerId <= prevMinBrokerId) {",
        "Each registration of the smallest id is told to its group as a change.",
        excluded="not to be seen through the port: with notifyMinBrokerIdChanged brokers are told at their own addresses",
    ),
    Mutation(
        "registration/order-topics-only-if-enabled", PROCESSOR, "public RemotingCommand registerBroker(",
        ".isReturnOrderTopicConfigToBroker()", ".isOrderMessageEnable()",
        "Brokers no longer get the order topics with the answer to their registration.",
    ),
    Mutation(
        "registration/compressed-taken-from-nothing", PROCESSOR, "private RegisterBrokerBody extractRegisterBroker",
        "request.getBody(), requestHeader.isCompressed(), brokerVersion",
        "request.getBody(), requestHeader.isCompressed() && brokerVersion.ordinal() >= Version.V4_0_0_SNAPSHOT.ordinal(),"
        " brokerVersion",
        "Compressed bodies of releases before 4.0 are not read.",
    ),
    Mutation(
        "registration/refused-newcomer-leaves-no-name", ROUTES, REGISTER,
        "return null;", "if (brokerAddrsMap.isEmpty()) this.brokerAddrTable.remove(brokerName); return null;",
        "A broker that is refused for its single topic does not leave an empty name.",
    ),
    Mutation(
        "registration/refused-newcomer-keeps-its-place", ROUTES, REGISTER,
        "!brokerAddrsMap.containsKey(brokerId) && topicConfigWrapper",
        "null == brokerAddrsMap.putIfAbsent(brokerId, brokerAddr) && topicConfigWrapper",
        "A broker that is refused for its single topic is there.",
    ),
    Mutation(
        "registration/version-of-who-publishes-only", ROUTES, REGISTER,
        "topicConfigWrapper == null ? new DataVersion()", "!isMaster && !isPrimeSlave ? new DataVersion()",
        "A slave beside its master is always told that its version is another one.",
    ),
    Mutation(
        "registration/told-of-the-smallest-id-unasked", ROUTES, REGISTER,
        "isMinBrokerIdChanged && namesrvConfig.isNotifyMinBrokerIdChanged()", "isMinBrokerIdChanged",
        "Groups are told of a new smallest id though the option is off.",
        excluded="not to be seen through the port: brokers are told at their own addresses",
    ),
    Mutation(
        "registration/undecodable-body-is-empty", PROCESSOR, "private RegisterBrokerBody extractRegisterBroker",
        'throw new RemotingCommandException("Failed to decode RegisterBrokerBody", e);',
        'log.warn("Failed to decode RegisterBrokerBody", e);',
        "A body that can't be read is taken for one without topics.",
    ),
)  # fmt: skip

DATA_VERSION_BLIND: Final = (
    Mutation(
        "data-version/alive-only-if-unchanged", PROCESSOR, "public RemotingCommand queryBrokerTopicConfig(",
        "this.namesrvController.getRouteInfoManager().updateBroker",
        "if (!changed) this.namesrvController.getRouteInfoManager().updateBroker",
        "A broker that asks with another version than the stored one is not kept alive by it.",
    ),
    Mutation(
        "data-version/stored-by-asking", PROCESSOR, "public RemotingCommand queryBrokerTopicConfig(",
        "if (nameSeverDataVersion != null) {",
        "if (nameSeverDataVersion != null && dataVersion != null) { nameSeverDataVersion.assignNewOne(dataVersion);",
        "A question stores its version: the registration that follows is taken for known.",
    ),
    Mutation(
        "data-version/heartbeat-of-a-stranger-fails", PROCESSOR, "public RemotingCommand brokerHeartbeat(",
        "response.setCode(ResponseCode.SUCCESS);",
        "response.setCode(this.namesrvController.getRouteInfoManager().queryBrokerTopicConfig("
        "requestHeader.getClusterName(), requestHeader.getBrokerAddr()) == null"
        " ? ResponseCode.SYSTEM_ERROR : ResponseCode.SUCCESS);",
        "A heartbeat of a broker that is not registered is answered with an error.",
    ),
)  # fmt: skip
