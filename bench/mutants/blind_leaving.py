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
        "A group in which somebody registered without an address can be left.",
    ),
    Mutation(
        "unregistration/only-of-its-cluster", ROUTES, UNREGISTER,
        "if (null != brokerData) {", "if (null != brokerData && brokerData.getCluster().equals(clusterName)) {",
        "An unregistration that names another cluster takes nobody out.",
    ),
    Mutation(
        "unregistration/topics-of-a-missing-name-do-not-throw", ROUTES, "private void cleanTopicByUnRegisterRequests(",
        "if (this.brokerAddrTable.get(brokerName).isEnableActingMaster()) {",
        "if (this.brokerAddrTable.containsKey(brokerName) && this.brokerAddrTable.get(brokerName).isEnableActingMaster()) {",
        "Queues left by a batch that threw no longer keep others from their topics; it takes two races.",
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
        "unregistration/offline-told-to-nobody-but-min", ROUTES, "private List<String> chooseBrokerAddrsToNotify(",
        "if (brokerId != minBrokerId) {", "if (brokerId == minBrokerId) {",
        "The new smallest id is told that it is the smallest, the others are not.",
        excluded="not to be seen through the port: with notifyMinBrokerIdChanged brokers are told at their own addresses",
    ),
    Mutation(
        "unregistration/empty-name-stays-if-another-cluster-is-said", ROUTES, UNREGISTER,
        "this.brokerAddrTable.remove(brokerName);",
        "if (brokerData.getCluster().equals(clusterName)) this.brokerAddrTable.remove(brokerName);",
        "A name without addresses stays if its last broker left under another cluster.",
    ),
    Mutation(
        "unregistration/id-demanded", PROCESSOR, "public RemotingCommand unregisterBroker(",
        "if (!this.namesrvController", "if (requestHeader.getBrokerId() == null || !this.namesrvController",
        "An unregistration without a broker id is refused.",
    ),
)  # fmt: skip

CLOSE_BLIND: Final = (
    Mutation(
        "close/null-address-does-not-throw", ROUTES, SETUP,
        "brokerAddr.equals(brokerAddrInfo.getBrokerAddr())", "brokerAddrInfo.getBrokerAddr().equals(brokerAddr)",
        "Brokers go with their connection beside one without an address.",
    ),
    Mutation(
        "close/live-entry-forgotten-at-once", ROUTES, "public void onChannelDestroy(Channel channel) {",
        "brokerAddrFound = entry.getKey();",
        "brokerAddrFound = entry.getKey(); this.brokerLiveTable.remove(entry.getKey());",
        "A connection's end forgets the version also of an address that holds no place.",
    ),
)  # fmt: skip

ROUTE_BLIND: Final = (
    Mutation(
        "routes/filter-servers-without-nulls", ROUTES, PICKUP,
        "filterServerMap.put(brokerAddr, filterServerList);",
        "if (filterServerList != null) filterServerMap.put(brokerAddr, filterServerList);",
        "Brokers without a filter server are missing in the table beside those with one.",
        excluded="equivalent: fastjson leaves out a key whose value is null",
    ),
    Mutation(
        "routes/filter-servers-always", ROUTES, PICKUP,
        "if (filterServerTable.isEmpty()) {", "if (false) {",
        "Each address has an entry for filter servers though nobody has any.",
        excluded="equivalent: fastjson leaves out a key whose value is null",
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
        "routes/acting-master-for-sync-topics", ROUTES, PICKUP,
        "topic.startsWith(TopicValidator.SYNC_BROKER_MEMBER_GROUP_PREFIX)",
        "topic.equals(TopicValidator.SYNC_BROKER_MEMBER_GROUP_PREFIX)",
        "The route of a group's own topic shows an acting master; the checker's topics bear a prefix.",
    ),
    Mutation(
        "routes/acting-master-for-writeable", ROUTES, PICKUP,
        "!PermName.isWriteable(queueData.getPerm())", "!PermName.isReadable(queueData.getPerm())",
        "Another permission decides who gets an acting master.",
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
        "zones/queues-by-what-is-kept", ZONE, "private TopicRouteData filterByZoneName(",
        "!brokerDataRemoved.containsKey(queueData.getBrokerName())",
        "brokerDataReserved.stream().anyMatch(b -> b.getBrokerName().equals(queueData.getBrokerName()))",
        "Queues whose broker is gone are left out of a filtered route.",
    ),
    Mutation(
        "routes/addresses-in-any-order", CLIENT, "public RemotingCommand getRouteInfoByTopic(",
        "JSONWriter.Feature.BrowserCompatible,\n                        JSONWriter.Feature.MapSortField",
        "JSONWriter.Feature.BrowserCompatible",
        "The brokers of a group are not in the order of their ids.",
    ),
    Mutation(
        "zones/every-answer-filtered", ZONE, "public void doAfterResponse(",
        "RequestCode.GET_ROUTEINFO_BY_TOPIC != request.getCode()", "false",
        "Answers that are no routes are read as such if the request says a zone.",
    ),
)  # fmt: skip

LISTS_BLIND: Final = (
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
        "lists/member-group-says-its-own-cluster", ROUTES, "public BrokerMemberGroup getBrokerMemberGroup(",
        "if (brokerData != null) {", "if (brokerData != null) { groupMember.setCluster(brokerData.getCluster());",
        "A group's cluster is the stored one, not the one that was asked for.",
    ),
)  # fmt: skip
