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
        "registration/cluster-follows-the-last", ROUTES, REGISTER,
        "brokerData.setZoneName(zoneName);", "brokerData.setZoneName(zoneName); brokerData.setCluster(clusterName);",
        "A name that registers in a second cluster is said to be of that one.",
    ),
    Mutation(
        "registration/zone-is-never-taken-away", ROUTES, REGISTER,
        "brokerData.setZoneName(zoneName);", "if (zoneName != null) brokerData.setZoneName(zoneName);",
        "A broker that no longer says a zone keeps the one that it had.",
    ),
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
        "registration/holder-forgotten-instead-of-refused", ROUTES, REGISTER,
        "brokerLiveTable.remove(new BrokerAddrInfo(clusterName, brokerAddr));",
        "brokerLiveTable.remove(new BrokerAddrInfo(clusterName, oldBrokerAddr));",
        "A deposed master that is refused takes the holder's version and liveness away.",
    ),
    Mutation(
        "registration/state-version-of-counter", ROUTES, REGISTER,
        "oldBrokerInfo.getDataVersion().getStateVersion()", "oldBrokerInfo.getDataVersion().getCounter().get()",
        "Who may take a place is decided by the holder's number of changes.",
    ),
    Mutation(
        "registration/nothing-is-a-single-topic", ROUTES, REGISTER,
        "topicConfigWrapper.getTopicConfigTable().size() == 1", "topicConfigWrapper.getTopicConfigTable().size() <= 1",
        "A broker that has no topics yet can't register.",
    ),
    Mutation(
        "registration/single-topic-of-another-id", ROUTES, REGISTER,
        "!brokerAddrsMap.containsKey(brokerId) && topicConfigWrapper", "brokerAddrsMap.isEmpty() && topicConfigWrapper",
        "An id that is not there may begin with a single topic if its group is there.",
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
        "topicConfig.setPerm(topicConfig.getPerm() & (~PermName.PERM_WRITE));",
        "topicConfig.setPerm(PermName.PERM_READ);",
        "An acting master's topic can be read though its own permissions forbid it.",
    ),
    Mutation(
        "registration/topic-compared-by-its-key", ROUTES, REGISTER,
        "entry.getValue().getTopicName()", "entry.getKey()",
        "A topic whose key is another name than its own is compared with that other topic.",
    ),
    Mutation(
        "registration/mapping-only-with-another-version", ROUTES, REGISTER,
        "topicConfigWrapper.getDataVersion()) || registerFirst)", "topicConfigWrapper.getDataVersion()))",
        "A broker whose address is known with its version comes without its static topics.",
    ),
    Mutation(
        "registration/mapping-under-who-registers", ROUTES, REGISTER,
        ".put(entry.getValue().getBname(), entry.getValue());", ".put(brokerName, entry.getValue());",
        "A static topic's mapping stands under another broker's name than its own.",
    ),
    Mutation(
        "registration/mapping-of-others-dropped", ROUTES, REGISTER,
        "if (!topicQueueMappingInfoTable.containsKey(entry.getKey())) {", "if (true) {",
        "A broker's static topic takes the mappings of the topic's other brokers away.",
    ),
    Mutation(
        "registration/timeout-not-positive-is-default", ROUTES, REGISTER,
        "timeoutMillis == null ? DEFAULT", "timeoutMillis == null || timeoutMillis <= 0 ? DEFAULT",
        "A broker that says a timeout of 0 lives two minutes instead of five seconds.",
    ),
    Mutation(
        "registration/channel-of-the-first-time", ROUTES, REGISTER,
        "channel,\n                    haServerAddr", "brokerLiveTable.containsKey(brokerAddrInfo) ?"
        " brokerLiveTable.get(brokerAddrInfo).getChannel() : channel,\n                    haServerAddr",
        "A broker that came back over another connection is removed when the old one ends.",
    ),
    Mutation(
        "registration/filter-servers-added-only", ROUTES, REGISTER,
        "this.filterServerTable.remove(brokerAddrInfo);", "",
        "A broker that has no filter server any more keeps those it had.",
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
        "registration/master-looked-up-in-its-first-cluster", ROUTES, REGISTER,
        "new BrokerAddrInfo(clusterName, masterAddr)", "new BrokerAddrInfo(brokerData.getCluster(), masterAddr)",
        "A slave of another cluster is told the master of the first.",
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
    ),
    Mutation(
        "registration/perm-changes-only", ROUTES, "private void createAndUpdateQueueData(",
        "!existedQD.equals(queueData)", "existedQD.getPerm() != queueData.getPerm()",
        "A topic's new number of queues is not taken over.",
    ),
    Mutation(
        "registration/checksum-below-zero-not-compared", PROCESSOR, "private boolean checksum(",
        "requestHeader.getBodyCrc32() != 0", "requestHeader.getBodyCrc32() > 0",
        "A registration with a negative checksum is accepted whatever its body.",
    ),
    Mutation(
        "registration/order-topics-only-if-enabled", PROCESSOR, "public RemotingCommand registerBroker(",
        ".isReturnOrderTopicConfigToBroker()", ".isOrderMessageEnable()",
        "Brokers no longer get the order topics with the answer to their registration.",
    ),
    Mutation(
        "registration/old-body-without-version-is-now", PROCESSOR, "private TopicConfigSerializeWrapper extractRegister",
        "topicConfigWrapper.getDataVersion().setTimestamp(0L);", "",
        "A broker of a release before 3.0.11 that sends no body has another version each time.",
    ),
    Mutation(
        "registration/compressed-taken-from-nothing", PROCESSOR, "private RegisterBrokerBody extractRegisterBroker",
        "request.getBody(), requestHeader.isCompressed(), brokerVersion",
        "request.getBody(), requestHeader.isCompressed() && brokerVersion.ordinal() >= Version.V4_0_0_SNAPSHOT.ordinal(),"
        " brokerVersion",
        "Compressed bodies of releases before 4.0 are not read.",
    ),
)

DATA_VERSION_BLIND: Final = (
    Mutation(
        "data-version/alive-only-if-unchanged", PROCESSOR, "public RemotingCommand queryBrokerTopicConfig(",
        "this.namesrvController.getRouteInfoManager().updateBroker",
        "if (!changed) this.namesrvController.getRouteInfoManager().updateBroker",
        "A broker that asks with another version than the stored one is not kept alive by it.",
    ),
    Mutation(
        "data-version/body-only-if-changed", PROCESSOR, "public RemotingCommand queryBrokerTopicConfig(",
        "if (nameSeverDataVersion != null) {", "if (nameSeverDataVersion != null && changed) {",
        "A broker whose version is the stored one is not told it.",
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
)
