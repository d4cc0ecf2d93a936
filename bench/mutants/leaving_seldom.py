"""More mutations of how brokers leave 5.5.0: those that show only seldom.

In batches, beside names alike but for their case, for other clusters, at the second time, for odd timeouts.
"""

from typing import Final

from bench.mutants.leaving import BATCH, CLEAN, CLOSED, HOUSEKEEPING, SCAN, SET_UP, UNREGISTER
from bench.mutants.mutation import Mutation
from bench.mutants.registering import REGISTER, ROUTES

CONTROLLER: Final = "NamesrvController"

UNREGISTRATION_SELDOM: Final = (
    Mutation(
        "unregistration/addresses-alike-but-for-their-case", ROUTES, UNREGISTER,
        "item.getValue().equals(brokerAddr)", "item.getValue().equalsIgnoreCase(brokerAddr)",
        "A broker that leaves takes out another one whose host is written alike but for capitals.",
    ),
    Mutation(
        "unregistration/addresses-that-begin-alike", ROUTES, UNREGISTER,
        "item.getValue().equals(brokerAddr)", "item.getValue().startsWith(brokerAddr)",
        "The broker at port 1091 leaves, and the one at port 10911 with it.",
    ),
    Mutation(
        "unregistration/cluster-of-the-name", ROUTES, UNREGISTER,
        "this.clusterAddrTable.get(clusterName)", "this.clusterAddrTable.get(brokerData.getCluster())",
        "A name leaves the cluster that it came to first, not the one that it is said to leave.",
    ),
    Mutation(
        "unregistration/only-the-last-of-a-batch", ROUTES, UNREGISTER,
        "removedBroker.add(brokerName);", "removedBroker.clear(); removedBroker.add(brokerName);",
        "Of several names that leave together only one is taken out of topics.",
    ),
    Mutation(
        "unregistration/dropped-when-busy", BATCH, "public boolean submit",
        "unregistrationQueue.offer(unRegisterRequest)",
        "!unregistrationQueue.isEmpty() || unregistrationQueue.offer(unRegisterRequest)",
        "Who leaves while another one is leaving stays.",
    ),
    Mutation(
        "unregistration/first-of-the-batch-twice", BATCH, "public void run()",
        "unregistrationQueue.drainTo(unregistrationRequests);", "unregistrationQueue.drainTo(new HashSet<>());",
        "Of brokers that leave together only the first leaves.",
    ),
    Mutation(
        "unregistration/first-topic-only", ROUTES, CLEAN,
        "itMap.remove();", "itMap.remove(); break;",
        "Of a broker that leaves one topic is taken out.",
    ),
    Mutation(
        "unregistration/topics-that-others-have-stay", ROUTES, CLEAN,
        "final QueueData removedQD = queueDataMap.remove(brokerName);",
        "final QueueData removedQD = queueDataMap.size() > 1 ? null : queueDataMap.remove(brokerName);",
        "A broker that leaves stays in topics that others have, too.",
    ),
    Mutation(
        "unregistration/all-permissions-wiped", ROUTES, CLEAN,
        "queueData.getPerm() & (~PermName.PERM_WRITE)", "PermName.PERM_READ",
        "A topic that nobody may read becomes readable when its master leaves.",
    ),
    Mutation(
        "unregistration/live-without-its-place", ROUTES, UNREGISTER,
        "BrokerLiveInfo brokerLiveInfo = this.brokerLiveTable.remove(brokerAddrInfo);",
        "BrokerLiveInfo brokerLiveInfo = this.brokerAddrTable.containsKey(brokerName)"
        " ? this.brokerLiveTable.remove(brokerAddrInfo) : null;",
        "Who is said to leave a name that there is not stays live.",
    ),
)  # fmt: skip

CLOSE_SELDOM: Final = (
    Mutation(
        "close/every-broker-of-the-connection", ROUTES, CLOSED,
        "brokerAddrFound = entry.getKey();\n                            break;",
        "brokerAddrFound = entry.getKey(); UnRegisterBrokerRequestHeader each = new UnRegisterBrokerRequestHeader();"
        " if (setupUnRegisterRequest(each, brokerAddrFound)) this.submitUnRegisterBrokerRequest(each);",
        "Not what this release does: of several brokers of a connection one leaves.",
    ),
    Mutation(
        "close/exception-not-noticed", HOUSEKEEPING, "onChannelException",
        "onChannelDestroy(channel)", "onChannelDestroy((Channel) null)",
        "A broker whose connection is reset stays.",
        excluded="equivalent: a connection that fails is closed as well, and its close is noticed",
    ),
    Mutation(
        "close/gives-up-at-a-foreign-cluster", ROUTES, SET_UP,
        "continue;", "return false;",
        "A crashed broker stays if another cluster's name is looked at first.",
    ),
    Mutation(
        "close/first-name-that-has-it", ROUTES, SET_UP,
        "brokerAddr.equals(brokerAddrInfo.getBrokerAddr())", "brokerAddr.startsWith(brokerAddrInfo.getBrokerAddr())",
        "The broker at port 1091 crashes, and the one at port 10911 is looked for.",
    ),
    Mutation(
        "close/slaves-only", ROUTES, SET_UP,
        "brokerAddr.equals(brokerAddrInfo.getBrokerAddr())",
        "(brokerId != 0 || brokerData.getBrokerAddrs().size() == 1) && brokerAddr.equals(brokerAddrInfo.getBrokerAddr())",
        "A crashed master beside a slave stays.",
    ),
    Mutation(
        "close/registered-again-not-noticed", ROUTES, REGISTER,
        "channel,", "this.brokerLiveTable.containsKey(brokerAddrInfo) ? null : channel,",
        "Who has registered twice and crashes stays.",
    ),
)  # fmt: skip

EXPIRY_SELDOM: Final = (
    Mutation(
        "expiry/clock-of-the-broker", ROUTES, REGISTER,
        "System.currentTimeMillis(),", "topicConfigWrapper.getDataVersion().getTimestamp(),",
        "A broker's last sign of life is the time that its topics were changed.",
    ),
    Mutation(
        "expiry/timeout-as-an-int", ROUTES, REGISTER,
        "DEFAULT_BROKER_CHANNEL_EXPIRED_TIME : timeoutMillis,",
        "DEFAULT_BROKER_CHANNEL_EXPIRED_TIME : (long) timeoutMillis.intValue(),",
        "A broker that asks for a timeout beyond 2^31 ms expires early.",
    ),
    Mutation(
        "expiry/zero-is-the-default", ROUTES, REGISTER,
        "timeoutMillis == null ?", "timeoutMillis == null || timeoutMillis <= 0 ?",
        "A broker that asks for 0 ms is kept for two minutes.",
    ),
    Mutation(
        "expiry/timeouts-do-not-wrap", ROUTES, SCAN,
        "(last + timeoutMillis) < System.currentTimeMillis()", "timeoutMillis < System.currentTimeMillis() - last",
        "Not what this release does: the greatest timeouts have passed at once.",
    ),
    Mutation(
        "expiry/timeout-never-renewed", ROUTES, REGISTER,
        "timeoutMillis == null ? DEFAULT_BROKER_CHANNEL_EXPIRED_TIME : timeoutMillis,",
        "this.brokerLiveTable.containsKey(brokerAddrInfo)"
        " ? this.brokerLiveTable.get(brokerAddrInfo).getHeartbeatTimeoutMillis()"
        " : timeoutMillis == null ? DEFAULT_BROKER_CHANNEL_EXPIRED_TIME : timeoutMillis,",
        "A broker that asks for another timeout keeps its first.",
    ),
    Mutation(
        "expiry/one-scan-only", CONTROLLER, "private void startScheduleService",
        "5000, this.namesrvConfig.getScanNotActiveBrokerInterval()", "5000, 24L * 60 * 60 * 1000",
        "Nobody expires who has come later than five seconds after the start.",
    ),
    Mutation(
        "expiry/scan-each-minute", CONTROLLER, "private void startScheduleService",
        "this.namesrvConfig.getScanNotActiveBrokerInterval()", "this.namesrvConfig.getScanNotActiveBrokerInterval() * 12",
        "A silent broker may stay a minute longer than it asked for.",
    ),
    Mutation(
        "expiry/masters-only", ROUTES, SCAN,
        "(last + timeoutMillis) < System.currentTimeMillis()",
        "(last + timeoutMillis) < System.currentTimeMillis() && this.brokerAddrTable.values().stream().noneMatch(data ->"
        " data.getBrokerAddrs().size() > 1 && data.getBrokerAddrs().entrySet().stream().anyMatch(place ->"
        " place.getKey() != 0 && place.getValue().equals(next.getKey().getBrokerAddr())))",
        "A silent slave beside its master stays.",
    ),
    Mutation(
        "expiry/heartbeat-shortens", ROUTES, "public void updateBrokerInfoUpdateTimestamp",
        "System.currentTimeMillis()", "System.currentTimeMillis() - 2000",
        "A broker that sends heartbeats is kept two seconds less than it asked for.",
    ),
)  # fmt: skip
