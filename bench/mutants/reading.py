"""Mutations of what 5.5.0 tells clients: routes and lists."""

from typing import Final

from bench.mutants.mutation import Mutation
from bench.mutants.registering import PROCESSOR, ROUTES

PICK_UP: Final = "public TopicRouteData pickupTopicRouteData"
CLIENT: Final = "processor/ClientRequestProcessor"
ROUTE_ANSWER: Final = "public RemotingCommand getRouteInfoByTopic"
SYSTEM_TOPICS: Final = "public TopicList getSystemTopicList"
BY_CLUSTER: Final = "public TopicList getTopicsByCluster"

ROUTE: Final = (
    Mutation(
        "routes/filter-servers-missing", ROUTES, PICK_UP,
        "filterServerMap.put(brokerAddr, filterServerList);", "",
        "Routes name no filter servers.",
    ),
    Mutation(
        "routes/filter-servers-under-the-wrong-key", ROUTES, PICK_UP,
        "new BrokerAddrInfo(brokerDataClone.getCluster(), brokerAddr)", "new BrokerAddrInfo(brokerName, brokerAddr)",
        "Filter servers are looked up by broker name.",
    ),
    Mutation(
        "routes/filter-servers-only-if-there-are-none", ROUTES, PICK_UP,
        "if (filterServerTable.isEmpty())", "if (!filterServerTable.isEmpty())",
        "A shortcut is taken when it must not be.",
    ),
    Mutation(
        "routes/only-masters", ROUTES, PICK_UP,
        "brokerDataList.add(brokerDataClone);",
        "if (brokerDataClone.getBrokerAddrs().containsKey(0L)) brokerDataList.add(brokerDataClone);",
        "Groups whose master is away have no route.",
    ),
    Mutation(
        "routes/one-broker", ROUTES, PICK_UP,
        "foundBrokerData = true;", "foundBrokerData = true; if (brokerDataList.size() > 1) break;",
        "Routes name two brokers at the most.",
    ),
    Mutation(
        "routes/the-table-itself", ROUTES, PICK_UP,
        "brokerDataList.add(brokerDataClone);", "brokerDataList.add(brokerData);",
        "The table's own record is given out.",
    ),
    Mutation(
        "routes/mappings-missing", ROUTES, PICK_UP,
        "topicRouteData.setTopicQueueMappingByBroker(this.topicQueueMappingInfoTable.get(topic));", "",
        "Clients of static topics find no queues.",
    ),
    Mutation(
        "routes/mappings-of-all-topics", ROUTES, PICK_UP,
        "this.topicQueueMappingInfoTable.get(topic)",
        "this.topicQueueMappingInfoTable.values().stream().findFirst().orElse(null)",
        "A topic's route has another topic's mappings.",
    ),
    Mutation(
        "routes/acting-master-without-the-option", ROUTES, PICK_UP,
        "if (!namesrvConfig.isSupportActingMaster())", "if (namesrvConfig.isSupportActingMaster())",
        "A slave is shown as master although the option is off.",
    ),
    Mutation(
        "routes/wrong-code", CLIENT, ROUTE_ANSWER,
        "ResponseCode.TOPIC_NOT_EXIST", "ResponseCode.SYSTEM_ERROR",
        "Producers take a topic that is not there for an error, and don't create it.",
    ),
    Mutation(
        "routes/success-without-a-route", CLIENT, ROUTE_ANSWER,
        "response.setCode(ResponseCode.TOPIC_NOT_EXIST);", "response.setCode(ResponseCode.SUCCESS);",
        "A topic that is not there has an empty route.",
    ),
    Mutation(
        "routes/unquoted-keys", CLIENT, ROUTE_ANSWER,
        "V4_9_4.ordinal() || standardJsonOnly", "V4_9_4.ordinal() && standardJsonOnly",
        "Clients that can't read unquoted keys get them.",
    ),
    Mutation(
        "routes/wish-for-standard-json-ignored", CLIENT, ROUTE_ANSWER,
        "V4_9_4.ordinal() || standardJsonOnly", "V4_9_4.ordinal()",
        "An old client that asks for standard JSON does not get it.",
    ),
    Mutation(
        "routes/version-off-by-one", CLIENT, ROUTE_ANSWER,
        ">= MQVersion.Version.V4_9_4", "> MQVersion.Version.V4_9_4",
        "The first release that reads standard JSON does not get it.",
    ),
    Mutation(
        "routes/order-config-always", CLIENT, ROUTE_ANSWER,
        ".isOrderMessageEnable()", ".isOrderMessageEnable() || true",
        "Routes have an order-topic config although the option is off.",
    ),
    Mutation(
        "routes/not-ready", CLIENT, ROUTE_ANSWER,
        ".isNeedWaitForService() &&", ".isNeedWaitForService() ||",
        "No route for the first 45 s.",
    ),
)  # fmt: skip

LISTS: Final = (
    Mutation(
        "lists/no-topics", PROCESSOR, "private RemotingCommand getAllTopicListFromNameserver",
        "if (enableAllTopicList)", "if (!enableAllTopicList)",
        "The list of topics is refused.",
    ),
    Mutation(
        "lists/clusters-missing", ROUTES, "public ClusterInfo getAllClusterInfo",
        "clusterInfoSerializeWrapper.setClusterAddrTable(this.clusterAddrTable);", "",
        "The cluster info names no clusters.",
    ),
    Mutation(
        "lists/brokers-missing", ROUTES, "public ClusterInfo getAllClusterInfo",
        "clusterInfoSerializeWrapper.setBrokerAddrTable(this.brokerAddrTable);", "",
        "The cluster info names no addresses.",
    ),
    Mutation(
        "lists/system-topics-without-clusters", ROUTES, SYSTEM_TOPICS,
        "topicList.getTopicList().add(entry.getKey());", "",
        "A cluster's name is no system topic.",
    ),
    Mutation(
        "lists/system-topics-without-brokers", ROUTES, SYSTEM_TOPICS,
        "topicList.getTopicList().addAll(entry.getValue());", "",
        "A broker's name is no system topic.",
    ),
    Mutation(
        "lists/system-topics-without-an-address", ROUTES, SYSTEM_TOPICS,
        "topicList.setBrokerAddr(brokerAddrs.get(it2.next()));", "",
        "The list of system topics comes without a broker to ask.",
    ),
    Mutation(
        "lists/topics-of-all-clusters", ROUTES, BY_CLUSTER,
        "if (qd != null)", "if (!queueDataMap.isEmpty())",
        "A cluster's list names topics of others.",
    ),
    Mutation(
        "lists/cluster-by-broker-name", ROUTES, BY_CLUSTER,
        "this.clusterAddrTable.get(cluster)", "new HashSet<>(java.util.Arrays.asList(cluster))",
        "A cluster's list is looked up by broker name.",
    ),
    Mutation(
        "lists/unit-by-the-sub-flag", ROUTES, "public TopicList getUnitTopics",
        "TopicSysFlag.hasUnitFlag", "TopicSysFlag.hasUnitSubFlag",
        "The list of unit topics goes by the wrong flag.",
    ),
    Mutation(
        "lists/unit-sub-by-the-unit-flag", ROUTES, "public TopicList getHasUnitSubTopicList",
        "TopicSysFlag.hasUnitSubFlag", "TopicSysFlag.hasUnitFlag",
        "The list of unit subscriptions goes by the wrong flag.",
    ),
    Mutation(
        "lists/unit-sub-of-several-brokers-only", ROUTES, "public TopicList getHasUnitSubTopicList",
        "queueDatas.size() > 0", "queueDatas.size() > 1",
        "Topics of a single broker are missing.",
    ),
    Mutation(
        "lists/un-unit-inverted", ROUTES, "public TopicList getHasUnitSubUnUnitTopicList",
        "!TopicSysFlag.hasUnitFlag", "TopicSysFlag.hasUnitFlag",
        "The list of topics that are no unit's names those that are.",
    ),
    Mutation(
        "lists/group-by-cluster-name", ROUTES, "public BrokerMemberGroup getBrokerMemberGroup",
        "this.brokerAddrTable.get(brokerName)", "this.brokerAddrTable.get(clusterName)",
        "A broker's group is looked up by cluster.",
    ),
    Mutation(
        "lists/group-of-its-cluster-only", ROUTES, "public BrokerMemberGroup getBrokerMemberGroup",
        "if (brokerData != null)", "if (brokerData != null && brokerData.getCluster().equals(clusterName))",
        "A group is not found when the cluster asked for is another one.",
    ),
)  # fmt: skip
