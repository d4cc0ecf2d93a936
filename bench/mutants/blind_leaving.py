"""Mutations written without a look at the suite's clauses: how brokers leave, and what is read."""

from typing import Final

from bench.mutants.blind import PROCESSOR, ROUTES, SETUP, UNREGISTER
from bench.mutants.mutation import Mutation

CLIENT: Final = "processor/ClientRequestProcessor"
ZONE: Final = "route/ZoneRouteRPCHook"
PICKUP: Final = "public TopicRouteData pickupTopicRouteData("

UNREGISTRATION_BLIND: Final = (
    Mutation(
        "unregistration/without-id-does-not-throw", ROUTES, UNREGISTER,
        "unRegisterRequest.getBrokerId().equals(Collections.min(brokerData.getBrokerAddrs().keySet()))",
        "Collections.min(brokerData.getBrokerAddrs().keySet()).equals(unRegisterRequest.getBrokerId())",
        "An unregistration without a broker id is done instead of given up.",
    ),
    Mutation(
        "unregistration/null-address-does-not-throw", ROUTES, UNREGISTER,
        "item.getValue().equals(brokerAddr)", "brokerAddr.equals(item.getValue())",
        "A group in which somebody registered without an address can be unregistered from.",
    ),
    Mutation(
        "unregistration/only-of-its-cluster", ROUTES, UNREGISTER,
        "if (null != brokerData) {", "if (null != brokerData && brokerData.getCluster().equals(clusterName)) {",
        "An unregistration that names another cluster takes nobody out.",
    ),
    Mutation(
        "unregistration/cluster-of-the-name", ROUTES, UNREGISTER,
        "this.clusterAddrTable.get(clusterName)", "this.clusterAddrTable.get(brokerData.getCluster())",
        "A name is taken out of its own cluster though another was said.",
    ),
    Mutation(
        "unregistration/live-only-if-it-held-a-place", ROUTES, UNREGISTER,
        "BrokerLiveInfo brokerLiveInfo = this.brokerLiveTable.remove(brokerAddrInfo);",
        "BrokerLiveInfo brokerLiveInfo = this.brokerAddrTable.containsKey(brokerName)"
        " ? this.brokerLiveTable.remove(brokerAddrInfo) : null;",
        "The version of an address whose group is gone stays stored.",
    ),
    Mutation(
        "unregistration/topics-of-a-missing-name-do-not-throw", ROUTES, "private void cleanTopicByUnRegisterRequests(",
        "if (this.brokerAddrTable.get(brokerName).isEnableActingMaster()) {",
        "if (this.brokerAddrTable.containsKey(brokerName) && this.brokerAddrTable.get(brokerName).isEnableActingMaster()) {",
        "Queues left by a batch that threw no longer keep other batches from their topics.",
    ),
    Mutation(
        "unregistration/write-taken-away-by-negative-ids", ROUTES, "private boolean isNoMasterExists(",
        "Collections.min(brokerData.getBrokerAddrs().keySet()) > 0",
        "!brokerData.getBrokerAddrs().containsKey(MixAll.MASTER_ID)",
        "A group whose smallest id is below zero loses the write permission with its master.",
    ),
    Mutation(
        "unregistration/write-kept-beside-second", ROUTES, "private boolean isNoMasterExists(",
        "Collections.min(brokerData.getBrokerAddrs().keySet()) > 0",
        "Collections.min(brokerData.getBrokerAddrs().keySet()) > 1",
        "A group whose slave 1 stays keeps the write permission without a master.",
    ),
    Mutation(
        "unregistration/reduced-before-removed", ROUTES, "private void cleanTopicByUnRegisterRequests(",
        "itMap.remove();", "itMap.remove(); continue;",
        "Equivalent but for time: an emptied topic has no queues to go through.",
        excluded="equivalent: an empty map has no queue of a reduced name",
    ),
    Mutation(
        "unregistration/offline-told-to-nobody-but-min", ROUTES, "private List<String> chooseBrokerAddrsToNotify(",
        "if (brokerId != minBrokerId) {", "if (brokerId == minBrokerId) {",
        "The new smallest id is told that it is the smallest, the others are not.",
    ),
)

CLOSE_BLIND: Final = (
    Mutation(
        "close/another-cluster-ends-the-search", ROUTES, SETUP,
        "continue;", "return false;",
        "Whose connection ends is not removed if a broker of another cluster comes first.",
    ),
    Mutation(
        "close/null-address-does-not-throw", ROUTES, SETUP,
        "brokerAddr.equals(brokerAddrInfo.getBrokerAddr())", "brokerAddrInfo.getBrokerAddr().equals(brokerAddr)",
        "Brokers are removed on close though somebody of their cluster has registered without an address.",
    ),
    Mutation(
        "close/cluster-of-the-live-entry-not-compared", ROUTES, SETUP,
        "!brokerAddrInfo.getClusterName().equals(brokerData.getCluster())", "false",
        "The end of a connection takes an address out of a group that is of another cluster.",
    ),
    Mutation(
        "close/live-entry-forgotten-at-once", ROUTES, "public void onChannelDestroy(Channel channel) {",
        "brokerAddrFound = entry.getKey();", "brokerAddrFound = entry.getKey(); this.brokerLiveTable.remove(entry.getKey());",
        "A connection's end forgets the version also of an address that holds no place.",
    ),
)

EXPIRY_BLIND: Final = (
    Mutation(
        "expiry/long-timeouts-do-not-overflow", ROUTES, "public void scanNotActiveBroker() {",
        "(last + timeoutMillis) < System.currentTimeMillis()", "System.currentTimeMillis() - last > timeoutMillis",
        "A broker with the largest timeout lives, instead of being removed by the next scan.",
    ),
    Mutation(
        "expiry/first-scan-only", ROUTES, "public void scanNotActiveBroker() {",
        "this.onChannelDestroy(next.getKey());", "this.onChannelDestroy(next.getKey()); return;",
        "A scan removes only one of those whose time is over.",
    ),
)

ROUTE_BLIND: Final = (
    Mutation(
        "routes/filter-servers-without-nulls", ROUTES, PICKUP,
        "filterServerMap.put(brokerAddr, filterServerList);",
        "if (filterServerList != null) filterServerMap.put(brokerAddr, filterServerList);",
        "Brokers without a filter server are missing in the table beside those with one.",
    ),
    Mutation(
        "routes/filter-servers-always", ROUTES, PICKUP,
        "if (filterServerTable.isEmpty()) {", "if (false) {",
        "Each address has an entry for filter servers though nobody has any.",
    ),
    Mutation(
        "routes/queues-are-enough", ROUTES, PICKUP,
        "if (foundBrokerData && foundQueueData) {", "if (foundQueueData) {",
        "A topic whose brokers are all gone has a route.",
    ),
    Mutation(
        "routes/queues-of-known-brokers-only", ROUTES, PICKUP,
        "if (null == brokerData) {",
        "if (null == brokerData) { topicRouteData.getQueueDatas().removeIf(q -> q.getBrokerName().equals(brokerName));",
        "Queues whose broker is gone are left out of a route.",
    ),
    Mutation(
        "routes/acting-master-in-the-table-itself", ROUTES, PICKUP,
        "new BrokerData(brokerData)", "brokerData",
        "Asking for a route makes an acting master a real one.",
    ),
    Mutation(
        "routes/acting-master-for-sync-topics", ROUTES, PICKUP,
        "topic.startsWith(TopicValidator.SYNC_BROKER_MEMBER_GROUP_PREFIX)",
        "topic.equals(TopicValidator.SYNC_BROKER_MEMBER_GROUP_PREFIX)",
        "The route of a group's own topic shows an acting master.",
    ),
    Mutation(
        "routes/acting-master-for-writeable", ROUTES, PICKUP,
        "!PermName.isWriteable(queueData.getPerm())", "!PermName.isReadable(queueData.getPerm())",
        "Another permission decides who gets an acting master.",
    ),
    Mutation(
        "routes/mapping-left-out", ROUTES, PICKUP,
        "topicRouteData.setTopicQueueMappingByBroker(this.topicQueueMappingInfoTable.get(topic));", "",
        "Static topics are served without their mapping.",
    ),
    Mutation(
        "routes/standard-json-after-4-9-4", CLIENT, "public RemotingCommand getRouteInfoByTopic(",
        "request.getVersion() >= MQVersion.Version.V4_9_4.ordinal()",
        "request.getVersion() > MQVersion.Version.V4_9_4.ordinal()",
        "A client of 4.9.4 gets numbers as keys.",
    ),
    Mutation(
        "routes/standard-json-if-nothing-is-said", CLIENT, "public RemotingCommand getRouteInfoByTopic(",
        ".orElse(false)", ".orElse(true)",
        "Old clients get standard JSON without asking.",
    ),
    Mutation(
        "routes/order-topic-of-the-namespace-only-if-there", CLIENT, "public RemotingCommand getRouteInfoByTopic(",
        "topicRouteData.setOrderTopicConf(orderTopicConf);",
        'topicRouteData.setOrderTopicConf(orderTopicConf == null ? "" : orderTopicConf);',
        "A topic without an order gets an empty one.",
    ),
    Mutation(
        "zones/standard-json-after-filtering", ZONE, "public void doAfterResponse(",
        "filterByZoneName(topicRouteData, zoneName).encode()",
        "filterByZoneName(topicRouteData, zoneName).encode(com.alibaba.fastjson2.JSONWriter.Feature.BrowserCompatible)",
        "A filtered route has names as keys where Apache's has numbers.",
    ),
    Mutation(
        "zones/spaces-are-a-zone", ZONE, "public void doAfterResponse(",
        "StringUtils.isBlank(zoneName)", "StringUtils.isEmpty(zoneName)",
        "A client that says a zone of spaces gets no brokers.",
    ),
    Mutation(
        "zones/mode-only-in-small-letters", ZONE, "public void doAfterResponse(",
        "Boolean.parseBoolean(request.getExtFields().get(MixAll.ZONE_MODE))",
        '"true".equals(request.getExtFields().get(MixAll.ZONE_MODE))',
        "A client that says TRUE gets the brokers of all zones.",
    ),
    Mutation(
        "zones/group-without-master-only-if-empty", ZONE, "private TopicRouteData filterByZoneName(",
        "brokerData.getBrokerAddrs().get(MixAll.MASTER_ID) == null", "brokerData.getBrokerAddrs().isEmpty()",
        "A group of another zone that has lost its master is left out.",
    ),
    Mutation(
        "zones/queues-by-what-is-kept", ZONE, "private TopicRouteData filterByZoneName(",
        "!brokerDataRemoved.containsKey(queueData.getBrokerName())",
        "brokerDataReserved.stream().anyMatch(b -> b.getBrokerName().equals(queueData.getBrokerName()))",
        "Queues whose broker is gone are left out of a filtered route.",
    ),
)

LISTS_BLIND: Final = (
    Mutation(
        "lists/unit-of-any-broker", ROUTES, "public TopicList getUnitTopics(",
        "TopicSysFlag.hasUnitFlag(queueDatas.values().iterator().next().getTopicSysFlag())",
        "queueDatas.values().stream().anyMatch(q -> TopicSysFlag.hasUnitFlag(q.getTopicSysFlag()))",
        "A topic is a unit's if any of its brokers says so, not the first.",
    ),
    Mutation(
        "lists/system-address-of-masters", ROUTES, "public TopicList getSystemTopicList(",
        "brokerAddrs.get(it2.next())", "brokerAddrs.get(MixAll.MASTER_ID)",
        "Where the first group has no master the system topics come without an address.",
    ),
    Mutation(
        "lists/all-topics-by-the-other-switch", PROCESSOR, "private RemotingCommand getAllTopicListFromNameserver(",
        ".isEnableAllTopicList()", ".isEnableTopicList()",
        "The list of all topics is switched off with the lists of some, and not by its own option.",
    ),
    Mutation(
        "lists/cluster-info-of-groups-with-master", ROUTES, "public ClusterInfo getAllClusterInfo() {",
        "clusterInfoSerializeWrapper.setClusterAddrTable(this.clusterAddrTable);",
        "clusterInfoSerializeWrapper.setClusterAddrTable(new HashMap<>(this.clusterAddrTable));"
        "clusterInfoSerializeWrapper.getClusterAddrTable().values().removeIf(Set::isEmpty);",
        "Clusters without a name are left out.",
        excluded="equivalent: a cluster's last name takes the cluster along, and none is made without one",
    ),
    Mutation(
        "lists/member-group-of-its-own-cluster", ROUTES, "public BrokerMemberGroup getBrokerMemberGroup(",
        "if (brokerData != null) {", "if (brokerData != null && brokerData.getCluster().equals(clusterName)) {",
        "A group has no members for who asks with another cluster's name.",
    ),
    Mutation(
        "lists/member-group-says-its-own-cluster", ROUTES, "public BrokerMemberGroup getBrokerMemberGroup(",
        "if (brokerData != null) {", "if (brokerData != null) { groupMember.setCluster(brokerData.getCluster());",
        "A group's cluster is the stored one, not the one that was asked for.",
    ),
)
