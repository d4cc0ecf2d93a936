"""More mutations of what 5.5.0 tells clients: those that show only seldom. And of zones, which is a hook of its own."""

from typing import Final

from bench.mutants.mutation import Mutation
from bench.mutants.reading import BY_CLUSTER, CLIENT, PICK_UP, ROUTE_ANSWER, SYSTEM_TOPICS
from bench.mutants.registering import PROCESSOR, ROUTES

HOOK: Final = "route/ZoneRouteRPCHook"
AFTER: Final = "public void doAfterResponse"
FILTER: Final = "private TopicRouteData filterByZoneName"

ROUTE_SELDOM: Final = (
    Mutation(
        "routes/brokers-beyond-the-fourth", ROUTES, PICK_UP,
        "brokerDataList.add(brokerDataClone);", "if (brokerDataList.size() < 4) brokerDataList.add(brokerDataClone);",
        "A route names four brokers at the most.",
    ),
    Mutation(
        "routes/queues-without-permission-missing", ROUTES, PICK_UP,
        "new ArrayList<>(queueDataMap.values())",
        "new ArrayList<>(queueDataMap.values().stream().filter(q -> q.getPerm() != 0)"
        ".collect(java.util.stream.Collectors.toList()))",
        "Queues that nobody may use are not in routes.",
    ),
    Mutation(
        "routes/zone-not-shown", ROUTES, PICK_UP,
        "new BrokerData(brokerData);",
        "new BrokerData(brokerData.getCluster(), brokerData.getBrokerName(), new HashMap<>(brokerData.getBrokerAddrs()));",
        "Routes name neither zone nor acting master.",
    ),
    Mutation(
        "routes/empty-mappings", ROUTES, PICK_UP,
        "this.topicQueueMappingInfoTable.get(topic)", "this.topicQueueMappingInfoTable.getOrDefault(topic, new HashMap<>())",
        "Every topic looks like a static one that has no queues.",
    ),
    Mutation(
        "routes/gap-ends-the-list", ROUTES, PICK_UP,
        "if (null == brokerData) {\n                        continue;",
        "if (null == brokerData) {\n                        break;",
        "A broker that is gone, whose queues a batch that threw has left, hides those after it.",
    ),
    Mutation(
        "routes/topic-trimmed", CLIENT, ROUTE_ANSWER,
        "pickupTopicRouteData(requestHeader.getTopic())",
        "pickupTopicRouteData(requestHeader.getTopic() == null ? null : requestHeader.getTopic().trim())",
        "A topic with a blank at its end has the route of the one without.",
    ),
    Mutation(
        "routes/topic-of-another-case", CLIENT, ROUTE_ANSWER,
        "pickupTopicRouteData(requestHeader.getTopic())",
        "pickupTopicRouteData(requestHeader.getTopic() == null ? null : requestHeader.getTopic().toLowerCase())",
        "Topics with capitals in their names have no route.",
    ),
    Mutation(
        "routes/standard-json-for-all", CLIENT, ROUTE_ANSWER,
        "|| standardJsonOnly", "|| true",
        "Not what this release does: old clients get unquoted keys.",
    ),
    Mutation(
        "routes/faq-not-named", CLIENT, ROUTE_ANSWER,
        "+ FAQUrl.suggestTodo(FAQUrl.APPLY_TOPIC_URL)", "",
        "The remark does not say where to read on.",
    ),
    Mutation(
        "routes/lock-kept-for-an-unknown-topic", ROUTES, PICK_UP,
        "if (queueDataMap != null) {", "if (queueDataMap == null) this.lock.readLock().lock(); if (queueDataMap != null) {",
        "After the first question for a topic that is not there no broker can register.",
    ),
)  # fmt: skip

ZONES: Final = (
    Mutation(
        "zones/case-matters", HOOK, FILTER,
        "StringUtils.equalsIgnoreCase(", "StringUtils.equals(",
        "A client that writes its zone in capitals gets no brokers.",
    ),
    Mutation(
        "zones/slaves-of-other-zones-missing", HOOK, FILTER,
        "brokerData.getBrokerAddrs().get(MixAll.MASTER_ID) == null\n                ||", "false ||",
        "A group without a master is left out for its zone.",
    ),
    Mutation(
        "zones/brokers-without-a-zone", HOOK, FILTER,
        "|| StringUtils.equalsIgnoreCase(brokerData.getZoneName(), zoneName)",
        "|| brokerData.getZoneName() == null || StringUtils.equalsIgnoreCase(brokerData.getZoneName(), zoneName)",
        "Brokers that are in no zone are in every zone.",
    ),
    Mutation(
        "zones/queues-stay", HOOK, FILTER,
        "if (!brokerDataRemoved.containsKey(queueData.getBrokerName()))", "if (queueData != null)",
        "A client of a zone gets queues of brokers that it is not told of.",
    ),
    Mutation(
        "zones/filter-servers-stay", HOOK, FILTER,
        "topicRouteData.getFilterServerTable() != null && !topicRouteData.getFilterServerTable().isEmpty()", "false",
        "A client of a zone gets filter servers of other zones.",
    ),
    Mutation(
        "zones/mode-not-looked-at", HOOK, AFTER,
        "if (!zoneMode)", "if (false)",
        "A client that names its zone, and wants all, gets its zone alone.",
    ),
    Mutation(
        "zones/blank-zone", HOOK, AFTER,
        "StringUtils.isBlank(zoneName)", "zoneName == null",
        "A client whose zone is blank gets no brokers.",
    ),
)  # fmt: skip

LISTS_SELDOM: Final = (
    Mutation(
        "lists/topics-beyond-the-two-hundredth", ROUTES, "public TopicList getAllTopicList()",
        "topicList.getTopicList().addAll(this.topicQueueTable.keySet());",
        "for (String topic : this.topicQueueTable.keySet()) if (topicList.getTopicList().size() < 200)"
        " topicList.getTopicList().add(topic);",
        "The list of topics ends after 200.",
    ),
    Mutation(
        "lists/unreadable-topics-missing", ROUTES, "public TopicList getAllTopicList()",
        "topicList.getTopicList().addAll(this.topicQueueTable.keySet());",
        "this.topicQueueTable.forEach((topic, queues) -> { if (queues.values().stream().anyMatch(q ->"
        " PermName.isReadable(q.getPerm())))"
        " topicList.getTopicList().add(topic); });",
        "Topics that nobody may read are not listed.",
    ),
    Mutation(
        "lists/all-topics-of-an-unknown-cluster", ROUTES, BY_CLUSTER,
        "this.clusterAddrTable.get(cluster)", "this.clusterAddrTable.getOrDefault(cluster, this.brokerAddrTable.keySet())",
        "A cluster that is not there has all topics.",
    ),
    Mutation(
        "lists/topics-of-one-broker-of-the-cluster", ROUTES, BY_CLUSTER,
        "for (String brokerName : brokerNameSet)", "for (String brokerName : new ArrayList<>(brokerNameSet).subList(0, 1))",
        "A cluster's list names the topics of one of its brokers.",
    ),
    Mutation(
        "lists/system-topics-of-one-cluster", ROUTES, SYSTEM_TOPICS,
        "topicList.getTopicList().addAll(entry.getValue());", "topicList.getTopicList().addAll(entry.getValue()); break;",
        "The list of system topics knows one cluster.",
    ),
    Mutation(
        "lists/unit-by-any-broker", ROUTES, "public TopicList getUnitTopics",
        "TopicSysFlag.hasUnitFlag(queueDatas.values().iterator().next().getTopicSysFlag())",
        "queueDatas.values().stream().anyMatch(q -> TopicSysFlag.hasUnitFlag(q.getTopicSysFlag()))",
        "A topic is a unit's if any of its brokers says so, not the first; lists may disagree in the model.",
    ),
    Mutation(
        "lists/ununit-of-one-broker-only", ROUTES, "public TopicList getHasUnitSubUnUnitTopicList",
        "queueDatas.size() > 0", "queueDatas.size() == 1",
        "The third list has no topics of several brokers.",
    ),
    Mutation(
        "lists/group-without-slaves", ROUTES, "public BrokerMemberGroup getBrokerMemberGroup",
        "groupMember.getBrokerAddrs().putAll(brokerData.getBrokerAddrs());",
        "brokerData.getBrokerAddrs().forEach((id, addr) -> { if (id == 0) groupMember.getBrokerAddrs().put(id, addr); });",
        "A group has a master and nobody else.",
    ),
    Mutation(
        "lists/group-without-remark", PROCESSOR, "private RemotingCommand getBrokerMemberGroup",
        "response.setCode(ResponseCode.SUCCESS);", "response.setCode(ResponseCode.SUCCESS); response.setRemark(null);",
        "Not what this release does: its remark says that no code was set.",
    ),
    Mutation(
        "lists/clusters-without-names", ROUTES, "public ClusterInfo getAllClusterInfo",
        "setBrokerAddrTable(this.brokerAddrTable)",
        "setBrokerAddrTable(this.brokerAddrTable.entrySet().stream().filter(e -> e.getValue().getBrokerAddrs().containsKey(0L))"
        ".collect(java.util.stream.Collectors.toMap(Entry::getKey, Entry::getValue)))",
        "The cluster info leaves out names without a master.",
    ),
)  # fmt: skip
