"""Mutations of how brokers leave 5.5.0: by unregistering, by their connection's end, or by silence."""

from typing import Final

from bench.mutants.mutation import Mutation
from bench.mutants.registering import PROCESSOR, REGISTER, ROUTES

UNREGISTER: Final = "public void unRegisterBroker(Set<"
CLEAN: Final = "private void cleanTopicByUnRegisterRequests"
CLOSED: Final = "public void onChannelDestroy(Channel channel)"
SET_UP: Final = "private boolean setupUnRegisterRequest"
SCAN: Final = "public void scanNotActiveBroker"
BATCH: Final = "routeinfo/BatchUnregistrationService"
HOUSEKEEPING: Final = "routeinfo/BrokerHousekeepingService"

UNREGISTRATION: Final = (
    Mutation(
        "unregistration/stays-live", ROUTES, UNREGISTER,
        "this.brokerLiveTable.remove(brokerAddrInfo)", "this.brokerLiveTable.get(brokerAddrInfo)",
        "A broker that has left is told that its version is known, and does not register again.",
    ),
    Mutation(
        "unregistration/filter-servers-stay", ROUTES, UNREGISTER,
        "this.filterServerTable.remove(brokerAddrInfo);", "",
        "The filter servers of a broker that has left come back with it.",
    ),
    Mutation(
        "unregistration/by-id", ROUTES, UNREGISTER,
        "item.getValue().equals(brokerAddr)", "item.getKey().equals(unRegisterRequest.getBrokerId())",
        "A broker that leaves late takes out the one that holds its id now.",
    ),
    Mutation(
        "unregistration/name-stays", ROUTES, UNREGISTER,
        "this.brokerAddrTable.remove(brokerName);", "",
        "A broker name without addresses stays in the cluster info.",
    ),
    Mutation(
        "unregistration/stays-in-its-cluster", ROUTES, UNREGISTER,
        "nameSet.remove(brokerName)", "nameSet.contains(brokerName)",
        "The cluster names a broker that has left.",
    ),
    Mutation(
        "unregistration/empty-cluster-stays", ROUTES, UNREGISTER,
        "this.clusterAddrTable.remove(clusterName);", "",
        "A cluster without brokers stays.",
    ),
    Mutation(
        "unregistration/whole-cluster-goes", ROUTES, UNREGISTER,
        "if (nameSet.isEmpty())", "if (removed)",
        "One broker leaves, and its cluster with it.",
    ),
    Mutation(
        "unregistration/topics-stay", ROUTES, UNREGISTER,
        "cleanTopicByUnRegisterRequests(removedBroker, reducedBroker);", "",
        "Topics name brokers that have left.",
    ),
    Mutation(
        "unregistration/lock-dropped-before-topics", ROUTES, UNREGISTER,
        "cleanTopicByUnRegisterRequests(removedBroker, reducedBroker);",
        "this.lock.writeLock().unlock(); Thread.sleep(2); this.lock.writeLock().lock();"
        " cleanTopicByUnRegisterRequests(removedBroker, reducedBroker);",
        "A broker that comes back at this moment loses its topics.",
    ),
    Mutation(
        "unregistration/nothing-cleaned-for-one", ROUTES, CLEAN,
        "queueDataMap.remove(brokerName)", "queueDataMap.size() > 1 ? queueDataMap.remove(brokerName) : null",
        "The last broker of a topic is not taken out of it.",
    ),
    Mutation(
        "unregistration/empty-topic-stays", ROUTES, CLEAN,
        "itMap.remove();", "",
        "A topic without queues stays in the list of topics.",
    ),
    Mutation(
        "unregistration/write-perm-stays", ROUTES, CLEAN,
        "if (isNoMasterExists(brokerName))", "if (!isNoMasterExists(brokerName))",
        "Producers still write to a group whose master has left.",
    ),
    Mutation(
        "unregistration/read-only-without-acting-master", ROUTES, CLEAN,
        "if (this.brokerAddrTable.get(brokerName).isEnableActingMaster())",
        "if (!this.brokerAddrTable.get(brokerName).isEnableActingMaster())",
        "Groups that never asked for an acting master lose the write permission, the others keep it.",
    ),
    Mutation(
        "unregistration/wrong-perm-wiped", ROUTES, CLEAN,
        "(~PermName.PERM_WRITE)", "(~PermName.PERM_INHERIT)",
        "The write permission stays.",
    ),
    Mutation(
        "unregistration/a-master-counts-as-none", ROUTES, "private boolean isNoMasterExists",
        ".keySet()) > 0", ".keySet()) >= 0",
        "A slave leaves, and the master's topics become read-only.",
    ),
    Mutation(
        "unregistration/done-with-the-next", BATCH, "public void run()",
        "unregistrationRequests.add(request);", "",
        "A broker that leaves alone stays.",
    ),
    Mutation(
        "unregistration/one-at-a-time", BATCH, "public void run()",
        "unregistrationQueue.drainTo(unregistrationRequests);", "",
        "Requests that have gathered are worked on one by one.",
        excluded="equivalent: every batch may be of one, so that nobody can say that it has to be of more",
    ),
    Mutation(
        "unregistration/refused-when-taken", PROCESSOR, "public RemotingCommand unregisterBroker",
        "if (!this.namesrvController", "if (this.namesrvController",
        "A broker that is taken out is told that it was not.",
    ),
    Mutation(
        "unregistration/id-not-told", ROUTES, SET_UP,
        "unRegisterRequest.setBrokerId(brokerId);", "unRegisterRequest.setBrokerId(0L);",
        "The id of a broker whose connection ends is always 0.",
        excluded="not to be seen through the port: the id only decides whether brokers are told something at their own addresses",
    ),
)  # fmt: skip

CLOSE: Final = (
    Mutation(
        "close/not-noticed", HOUSEKEEPING, "onChannelClose",
        "onChannelDestroy(channel)", "onChannelDestroy((Channel) null)",
        "A crashed broker stays until it expires.",
    ),
    Mutation(
        "close/idle-not-noticed", HOUSEKEEPING, "onChannelIdle",
        "onChannelDestroy(channel)", "onChannelDestroy((Channel) null)",
        "A broker whose connection was idle for two minutes is not taken out.",
        excluded="equivalent: an idle connection is closed by the NameServer, and its close is noticed",
    ),
    Mutation(
        "close/another-leaves", ROUTES, CLOSED,
        "entry.getValue().getChannel() == channel", "entry.getValue().getChannel() != channel",
        "A broker crashes, and another one is taken out.",
    ),
    Mutation(
        "close/any-cluster", ROUTES, SET_UP,
        "!brokerAddrInfo.getClusterName().equals(brokerData.getCluster())", "false",
        "The broker at the same address in another cluster is taken out.",
    ),
    Mutation(
        "close/own-cluster-skipped", ROUTES, SET_UP,
        "!brokerAddrInfo.getClusterName().equals(brokerData.getCluster())",
        "brokerAddrInfo.getClusterName().equals(brokerData.getCluster())",
        "Nobody is found for a connection that ends.",
    ),
    Mutation(
        "close/masters-only", ROUTES, SET_UP,
        "brokerAddr.equals(brokerAddrInfo.getBrokerAddr())",
        "brokerId == 0 && brokerAddr.equals(brokerAddrInfo.getBrokerAddr())",
        "A crashed slave stays.",
    ),
    Mutation(
        "close/first-connection-kept", ROUTES, REGISTER,
        "channel,", "this.brokerLiveTable.containsKey(brokerAddrInfo)"
        " ? this.brokerLiveTable.get(brokerAddrInfo).getChannel() : channel,",
        "A broker that registers over a new connection goes when its old one ends.",
    ),
    Mutation(
        "close/all-of-it", ROUTES, CLOSED,
        "if (brokerAddrFound != null)", "if (brokerAddrFound == null)",
        "A broker whose connection ends stays, and the look-up fails.",
    ),
)  # fmt: skip

EXPIRY: Final = (
    Mutation(
        "expiry/own-timeout-ignored", ROUTES, REGISTER,
        "timeoutMillis == null ? DEFAULT_BROKER_CHANNEL_EXPIRED_TIME : timeoutMillis", "DEFAULT_BROKER_CHANNEL_EXPIRED_TIME",
        "A broker that asks for a short timeout is kept for two minutes.",
    ),
    Mutation(
        "expiry/default-too-short", ROUTES, "DEFAULT_BROKER_CHANNEL_EXPIRED_TIME = ",
        "1000 * 60 * 2", "1000 * 2",
        "Brokers that register every 30 s come and go.",
    ),
    Mutation(
        "expiry/twice-as-late", ROUTES, SCAN,
        "last + timeoutMillis", "last + 2 * timeoutMillis",
        "A silent broker stays twice as long as it asked for.",
    ),
    Mutation(
        "expiry/in-the-same-millisecond", ROUTES, SCAN,
        "< System.currentTimeMillis()", "<= System.currentTimeMillis()",
        "A broker expires a millisecond early.",
        excluded="not to be told from outside: no clock there is exact to a millisecond",
    ),
    Mutation(
        "expiry/inverted", ROUTES, SCAN,
        "< System.currentTimeMillis()", "> System.currentTimeMillis()",
        "Whoever is alive expires, and whoever is silent stays.",
    ),
    Mutation(
        "expiry/connection-stays-open", ROUTES, SCAN,
        "RemotingHelper.closeChannel(next.getValue().getChannel());", "",
        "An expired broker keeps its connection, and so never connects anew.",
    ),
    Mutation(
        "expiry/only-closed", ROUTES, SCAN,
        "this.onChannelDestroy(next.getKey());", "",
        "Of two brokers over one connection only one expires.",
    ),
    Mutation(
        "expiry/only-the-first", ROUTES, SCAN,
        "this.onChannelDestroy(next.getKey());", "this.onChannelDestroy(next.getKey()); break;",
        "Each scan ends at the first silent broker.",
    ),
    Mutation(
        "expiry/heartbeat-not-counted", PROCESSOR, "public RemotingCommand brokerHeartbeat",
        "this.namesrvController.getRouteInfoManager()"
        ".updateBrokerInfoUpdateTimestamp(requestHeader.getClusterName(), requestHeader.getBrokerAddr());", "",
        "A broker expires although it sends heartbeats.",
    ),
    Mutation(
        "expiry/question-not-counted", PROCESSOR, "RemotingCommand queryBrokerTopicConfig(",
        "this.namesrvController.getRouteInfoManager().updateBrokerInfoUpdateTimestamp(clusterName, brokerAddr);", "",
        "A broker expires although it asks for its version.",
    ),
    Mutation(
        "expiry/seconds-for-milliseconds", ROUTES, "public void updateBrokerInfoUpdateTimestamp",
        "System.currentTimeMillis()", "System.currentTimeMillis() / 1000",
        "A broker that sends a sign of life expires at the next scan.",
    ),
    Mutation(
        "expiry/signs-of-life-under-the-wrong-key", ROUTES, "public void updateBrokerInfoUpdateTimestamp",
        "new BrokerAddrInfo(clusterName, brokerAddr)", "new BrokerAddrInfo(brokerAddr, clusterName)",
        "Signs of life go nowhere.",
    ),
)  # fmt: skip
