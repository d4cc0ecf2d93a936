"""Mutations written without a look at the suite's clauses: in what the NameServer uses of remoting and common."""

from typing import Final

from bench.mutants.mutation import Mutation

REMOTING: Final = "remoting"
COMMON: Final = "common"

SHARED_BLIND: Final = (
    Mutation(
        "data-version/timestamp-not-compared", "protocol/DataVersion", "public boolean equals(",
        "if (getTimestamp() != version.getTimestamp())", "if (false)",
        "A broker that has lost its counter and began again is taken for unchanged.",
        artifact=REMOTING,
    ),
    Mutation(
        "data-version/counter-missing-on-both-sides-differs", "protocol/DataVersion", "public boolean equals(",
        "return null == counter && null == version.counter;", "return false;",
        "Two versions without a counter are never the same.",
        artifact=REMOTING,
    ),
    Mutation(
        "data-version/older-is-unchanged", "protocol/DataVersion", "public boolean equals(",
        "counter.longValue() == version.counter.longValue()", "counter.longValue() >= version.counter.longValue()",
        "A broker whose counter fell back is taken for unchanged.",
        artifact=REMOTING,
    ),
    Mutation(
        "registration/write-queues-not-compared", "protocol/route/QueueData", "public boolean equals(",
        "writeQueueNums != other.writeQueueNums", "false",
        "A topic's new number of queues to write to is not taken over.",
        artifact=REMOTING,
    ),
    Mutation(
        "registration/system-flag-not-compared", "protocol/route/QueueData", "public boolean equals(",
        "return topicSysFlag == other.topicSysFlag;", "return true;",
        "A topic's new system flag is not taken over.",
        artifact=REMOTING,
    ),
    Mutation(
        "routes/copied-group-without-zone", "protocol/route/BrokerData", "public BrokerData(BrokerData brokerData) {",
        "this.zoneName = brokerData.zoneName;", "",
        "Routes do not say a group's zone, so nobody's route is filtered by it.",
        artifact=REMOTING,
    ),
    Mutation(
        "routes/copied-group-without-acting-master", "protocol/route/BrokerData", "public BrokerData(BrokerData brokerData) {",
        "this.enableActingMaster = brokerData.enableActingMaster;", "",
        "Routes do not say that a group wants an acting master.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/compressed-mapping-since-next-release",
        "protocol/body/RegisterBrokerBody",
        "public static RegisterBrokerBody decode(",
        "if (brokerVersion.ordinal() >= MQVersion.Version.V5_0_0.ordinal()) {",
        "if (brokerVersion.ordinal() > MQVersion.Version.V5_0_0.ordinal()) {",
        "A broker of 5.0.0 that compresses loses its static topics.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/compressed-mapping-by-broker", "protocol/body/RegisterBrokerBody", "public static RegisterBrokerBody decode(",
        "topicQueueMappingInfoMap.put(info.getTopic(), info);", "topicQueueMappingInfoMap.put(info.getBname(), info);",
        "Static topics of a compressed body are stored under their broker's name.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/compressed-topic-needs-attributes", "TopicConfig", "public boolean decode(final String in) {",
        "if (strs.length >= 5) {", "if (strs.length > 5) {",
        "Topics of a compressed body without attributes, as 4.x brokers send them, are not read.",
        artifact=COMMON,
    ),
    Mutation(
        "wire/compressed-topic-turned-round", "TopicConfig", "public boolean decode(final String in) {",
        "this.readQueueNums = Integer.parseInt(strs[1]);", "this.readQueueNums = Integer.parseInt(strs[2]);",
        "Topics of compressed bodies have as many queues to read as to write.",
        artifact=COMMON,
    ),
    Mutation(
        "wire/checksum-of-all-bits", "UtilAll", "public static int crc32(byte[] array, int offset, int length) {",
        "(int) (crc32.getValue() & 0x7FFFFFFF)", "(int) crc32.getValue()",
        "A body whose checksum has its highest bit set is refused.",
        artifact=COMMON,
    ),
    Mutation(
        "wire/version-one-too-new", "MQVersion", "public static Version value2Version(int value) {",
        "value >= length", "value > length",
        "The first release number that this NameServer does not know can't register.",
        artifact=COMMON,
    ),
    Mutation(
        "wire/version-below-zero-is-the-oldest", "MQVersion", "public static Version value2Version(int value) {",
        "if (value >= length) {", "if (value < 0) return Version.values()[0]; if (value >= length) {",
        "A negative release number is taken for the oldest instead of failing.",
        artifact=COMMON,
    ),
    Mutation(
        "wire/empty-string-of-binary-header", "protocol/RocketMQSerializable", "private static String readStr(",
        "return null;", 'return "";',
        "A field that is empty in a binary header is empty, where Apache takes it for missing.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/answers-as-asked",
        "netty/NettyRemotingAbstract",
        "public void writeResponse(Channel channel, RemotingCommand request, @Nullable",
        "response.setOpaque(request.getOpaque());",
        "response.setOpaque(request.getOpaque()); response.setSerializeTypeCurrentRPC(request.getSerializeTypeCurrentRPC());",
        "A binary request gets a binary answer.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/one-way-answered",
        "netty/NettyRemotingAbstract",
        "public void writeResponse(Channel channel, RemotingCommand request, @Nullable",
        "if (request.isOnewayRPC()) {", "if (false) {",
        "One-way requests are answered.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/failure-without-its-kind", "netty/NettyRemotingAbstract", "private Runnable buildProcessRequestHandler(",
        "UtilAll.exceptionSimpleDesc(e)", "e.getMessage()",
        "An error's remark lacks what was thrown where.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/bad-field-fails",
        "protocol/RemotingCommand",
        "public <T extends CommandCustomHeader> T decodeCommandCustomHeaderDirectly(",
        'log.error("Failed field [{}] decoding", fieldName, e);', "throw new RemotingCommandException(fieldName, e);",
        "A missing or undecodable field fails the request, where Apache goes on without.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/frame-of-half-the-size", "netty/NettyDecoder", "private static final int FRAME_MAX_LENGTH",
        '"16777216"', '"8388608"',
        "A frame of more than 8 MiB ends the connection.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/bad-frame-passed-over", "netty/NettyDecoder", "public Object decode(",
        "RemotingHelper.closeChannel(ctx.channel());", "",
        "A frame that can't be decoded does not end the connection.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/unknown-serialization-is-json", "protocol/SerializeType", "public static SerializeType valueOf(byte code) {",
        "return null;", "return JSON;",
        "A header of an unknown kind is read as JSON.",
        artifact=REMOTING,
    ),
    Mutation(
        "wire/nulls-written", "protocol/RemotingSerializable", "public byte[] encode() {",
        "JSON.toJSONBytes(this, CHARSET_UTF8)", "JSON.toJSONBytes(this, CHARSET_UTF8, JSONWriter.Feature.WriteNulls)",
        "Bodies say null where Apache's leave a field out.",
        artifact=REMOTING,
    ),
    Mutation(
        "config/unknown-properties-kept", "Configuration", "private void mergeIfExist(",
        "continue;", "",
        "A property that is nobody's is kept, and listed.",
        artifact=REMOTING,
    ),
    Mutation(
        "config/listed-in-any-order", "Configuration", "private String getAllConfigsInternal(",
        "MixAll.properties2String(this.allConfigs, true)", "MixAll.properties2String(this.allConfigs, false)",
        "The list of properties is not sorted.",
        artifact=REMOTING,
    ),
    Mutation(
        "config/strings-not-trimmed", "MixAll", "public static void properties2Object(",
        "property = property.trim();", "",
        "A value keeps the spaces behind it.",
        artifact=COMMON,
    ),
    Mutation(
        "expiry/scan-each-ten-seconds", "namesrv/NamesrvConfig", "private long scanNotActiveBrokerInterval",
        "5 * 1000", "10 * 1000",
        "Brokers expire up to ten seconds late.",
        artifact=COMMON,
    ),
    Mutation(
        "registration/order-topics-not-returned-by-default",
        "namesrv/NamesrvConfig",
        "private boolean returnOrderTopicConfigToBroker",
        "returnOrderTopicConfigToBroker = true", "returnOrderTopicConfigToBroker = false",
        "Brokers no longer get the order topics.",
        artifact=COMMON,
    ),
    Mutation(
        "config/notified-by-default", "namesrv/NamesrvConfig", "private volatile boolean notifyMinBrokerIdChanged",
        "notifyMinBrokerIdChanged = false", "notifyMinBrokerIdChanged = true",
        "Groups are told of their smallest id though nobody has asked for it.",
        artifact=COMMON,
    ),
    Mutation(
        "close/idle-after-a-minute", "netty/NettyServerConfig", "private int serverChannelMaxIdleTimeSeconds",
        "= 120", "= 60",
        "A broker that says nothing for a minute loses its connection.",
        artifact=REMOTING,
    ),
)  # fmt: skip
