"""From a frame to the answer's bytes: `DefaultRequestProcessor` and `ClientRequestProcessor`, sans-IO.

`Processor.process` takes the usual request (a JSON header of plain numbers and strings) the short way and everything else through
`namesrv.remoting.decode_command`. To add a request: a method, and a row in `HANDLERS`.
Sources: `DefaultRequestProcessor`, `ClientRequestProcessor`, `NettyRemotingAbstract.processRequestCommand`, 4.9.7 and 5.5.0.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from namesrv.remoting.codes import ONEWAY_FLAG, RESPONSE_FLAG, RequestCode, ResponseCode, SerializeType
from namesrv.remoting.command import decode_command
from namesrv.remoting.compressed import crc32
from namesrv.remoting.config_text import decode_properties
from namesrv.remoting.errors import BodyError, CommaError
from namesrv.remoting.frame import Frame
from namesrv.remoting.headers import (
    ZONE_MODE,
    ZONE_NAME,
    BrokerRequestHeader,
    GetBrokerMemberGroupRequestHeader,
    GetTopicsByClusterRequestHeader,
    KVConfigRequestHeader,
    RegisterBrokerRequestHeader,
    TopicRequestHeader,
    WritePermOfBrokerRequestHeader,
    read,
)
from namesrv.remoting.json_fields import INT_BOUND
from namesrv.remoting.version import MQVersion
from namesrv.server import by_hand, lists
from namesrv.server.answers import (
    Answers,
    encode_cluster_info,
    encode_kv_table,
    encode_member_group,
    encode_topic_list,
    encode_version,
)
from namesrv.server.config import Config
from namesrv.server.kv_config import KVConfigManager
from namesrv.server.log import log
from namesrv.server.reading import V3_0_11, NullBody, Reader
from namesrv.server.registration import NullPointer, Registered, Registration, tell_of_master
from namesrv.server.route_info import RouteInfoManager
from namesrv.server.routes import Routes
from namesrv.server.splitter import Body
from namesrv.server.unchanged import MAX_KEPT_BYTES, Unchanged, said

V4_9_4: Final = int(MQVersion.V4_9_4)
NULL_POINTER: Final = "java.lang.NullPointerException"
INDEX_OUT_OF_BOUNDS: Final = "java.lang.ArrayIndexOutOfBoundsException"
COMMAND_EXCEPTION: Final = "org.apache.rocketmq.remoting.exception.RemotingCommandException"
NO_FIELDS: Final[Mapping[str, str]] = {}
NOT_SET: Final = "not set any response code"
"""The remark that `RemotingCommand.createResponseCommand` begins with."""
WORD: Final = re.compile(r"[^\s]|[\x85\xa0\u2007\u202f]")
"""What makes a zone's name more than blank: `StringUtils.isBlank`, for which Java's white space counts."""
ROUTE: Final = int(RequestCode.GET_ROUTEINFO_BY_TOPIC)
REFUSED_UNREGISTRATIONS: Final = frozenset({"part-missing", "another-place", "another-connection"})


class Request:
    """What a handler gets: the header's parts, the body, the connection. `ext`: `None` where the header has no extFields."""

    __slots__ = ("body", "channel", "code", "ext", "opaque", "serialize_type", "version")

    def __init__(
        self,
        channel: object,
        code: int,
        version: int,
        opaque: int,
        ext: Mapping[str, str] | None,
        body: Body | None,
        serialize_type: int,
    ) -> None:
        self.channel = channel
        self.code = code
        self.version = version
        self.opaque = opaque
        self.ext = ext
        self.body = body
        self.serialize_type = serialize_type


class Processor:
    """Answers one profile's requests on one `RouteInfoManager`.

    `now_ms` gives epoch milliseconds; `max_kept_bytes`: see `Unchanged`.
    """

    def __init__(
        self,
        manager: RouteInfoManager,
        now_ms: Callable[[], int],
        max_kept_bytes: int = MAX_KEPT_BYTES,
        kv_config: KVConfigManager | None = None,
        config: Config | None = None,
    ) -> None:
        self.manager = manager
        self.kv_config = KVConfigManager() if kv_config is None else kv_config
        self.profile = manager.profile
        self.config = Config(self.profile) if config is None else config
        self.now_ms = now_ms
        self.answers = Answers(self.profile)
        self.reader = Reader(self.profile.dialect)
        self._cached_route = manager.tables.cached_route
        self.routes = Routes(manager.tables, self.profile, self.config, self.kv_config, started_ms=now_ms())
        self.unchanged = Unchanged(manager.tables, self.profile, max_kept_bytes)
        self.told_options: Callable[[], None] = lambda: None
        """Called when options may have changed."""
        self._handlers: dict[int, Callable[[Processor, Request], bytes | None]] = dict(HANDLERS)
        if not self.profile.broker_heartbeat:
            del self._handlers[RequestCode.BROKER_HEARTBEAT]
        if not self.profile.member_group:
            del self._handlers[RequestCode.GET_BROKER_MEMBER_GROUP]
        if not self.profile.register_topic:
            del self._handlers[RequestCode.REGISTER_TOPIC_IN_NAMESRV]

    def process(self, channel: object, serialize_type: int, head: bytes, body: Body | None) -> bytes | None:
        """The answer to a frame, given as its parts; `None` if there is to be none.

        Raises `HeaderError`: the connection is to be closed.
        """
        if serialize_type == 0:
            try:
                header = orjson.loads(head)
                # A client asks for a route that is at hand: most requests of most NameServers.
                if header["code"] == ROUTE and header["flag"] == 0:
                    opaque, version, ext = header["opaque"], header["version"], header["extFields"]
                    if type(opaque) is int and type(version) is int and -INT_BOUND <= opaque < INT_BOUND:
                        quoted = version >= V4_9_4 or ext.get("acceptStandardJsonOnly", "").lower() == "true"
                        route = self._cached_route(ext["topic"], quoted)
                        if route is not None and self.routes.are_plain and ZONE_MODE not in ext:
                            return self.answers.success(opaque, route)
            except (ValueError, KeyError, TypeError, AttributeError):
                pass  # the long way says what is wrong, if anything is
        command = decode_command(Frame(serialize_type, head, None), self.profile.dialect)
        if command.flag & RESPONSE_FLAG:
            return None
        request = Request(
            channel, command.code, command.version, command.opaque, command.ext_fields, body, command.serialize_type
        )
        answer = self._answer(request)
        return None if command.flag & ONEWAY_FLAG else answer

    def _answer(self, request: Request) -> bytes | None:
        handler = self._handlers.get(request.code)
        if self.config.is_cluster_test and self.profile.cluster_test_answers_everything:
            handler = Processor.get_route_info_by_topic
        if handler is None:
            return self.unknown(request)
        try:
            return handler(self, request)
        except NullPointer:
            return self._exception(request, NULL_POINTER)

    def _exception(self, request: Request, name: str, message: str | None = None) -> bytes:
        """As `RemotingHelper.exceptionSimpleDesc` begins: what follows is the JVM's own. Such answers are always JSON."""
        remark = name if message is None else f"{name}: {message}"
        return self.answers.frame(SerializeType.JSON, request.opaque, ResponseCode.SYSTEM_ERROR, remark=remark)

    def _not_json(self, request: Request, error: BodyError) -> bytes:
        name = self.profile.json_exception
        if isinstance(error, CommaError):
            name = name.replace("JSONException", "JSONValidException")
        return self._exception(request, name, str(error))

    def _frame(self, request: Request, code: int = ResponseCode.SUCCESS, **parts: Any) -> bytes:
        return self.answers.frame(request.serialize_type, request.opaque, code, **parts)

    def unknown(self, request: Request) -> bytes | None:
        """A code that the release does not know."""
        if not self.profile.answers_unknown_codes:
            return None
        remark = f" request type {request.code} not supported"
        return self._frame(request, ResponseCode.REQUEST_CODE_NOT_SUPPORTED, remark=remark)

    # REGISTER_BROKER ----------------------------------------------------------------------------------------------

    def register_broker(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.registerBroker` (5.5.0), `.registerBroker`, `.registerBrokerWithFilterServer` (4.9.7)."""
        known = self._known(request)
        if known is not None:
            return known
        body = None if request.body is None else bytes(request.body)
        header = read(RegisterBrokerRequestHeader, request.ext)
        negative_version = request.version < 0  # MQVersion.value2Version throws
        if negative_version and self.profile.version_before_checksum:
            return self._exception(request, INDEX_OUT_OF_BOUNDS)
        if header.body_crc32 and crc32(body) != header.body_crc32:
            log.warning("registration refused", why="crc32-not-match", broker=header.broker_name)
            return self._frame(request, ResponseCode.SYSTEM_ERROR, remark="crc32 not match", ext_fields=NO_FIELDS)
        if negative_version:
            return self._exception(request, INDEX_OUT_OF_BOUNDS)
        r = self._registration(request, header)
        try:
            is_standard = self.reader.read_registration(r, body, request.version, compressed=bool(header.compressed))
        except BodyError as error:
            log.warning("registration refused", why="undecodable-body", broker=r.name, error=str(error))
            if request.version < V3_0_11:
                return self._not_json(request, error)
            return self._exception(request, COMMAND_EXCEPTION, "Failed to decode RegisterBrokerBody")
        except NullBody:
            raise NullPointer from None
        if header.broker_id is None and not self.profile.repaired:
            raise NullPointer
        result = self.manager.register_broker(r)
        if is_standard and body is not None:
            self.unchanged.remember(said(request.version, request.ext or NO_FIELDS), r, body, result)
        if result.refused:
            log.warning("registration refused", why=result.rule, cluster=r.cluster, broker=r.name, addr=r.addr)
            remark = "register broker failed"
            return self._frame(request, ResponseCode.SYSTEM_ERROR, remark=remark, ext_fields=NO_FIELDS)
        if result.is_new:
            log.info("broker registered", cluster=r.cluster, broker=r.name, id=r.broker_id, addr=r.addr)
        else:
            log.debug("registration", rule=result.rule, cluster=r.cluster, broker=r.name, id=r.broker_id, addr=r.addr)
        return self._registered(request, result.master_addr, result.ha_server_addr)

    def _known(self, request: Request) -> bytes | None:
        """The answer, if the registration says (next to) nothing new: `namesrv.server.unchanged`."""
        if request.body is None or request.ext is None or self._deletes_topics():
            return None
        checksum = request.ext.get("bodyCrc32", "0")
        if not (checksum.isascii() and checksum.isdecimal() and len(checksum) <= 10):
            return None
        match = self.unchanged.match(request.version, request.ext, request.body, int(checksum))
        if match is None:
            return None
        r = self._registration(request, read(RegisterBrokerRequestHeader, request.ext))
        self.unchanged.take(match, r)
        told = Registered("unchanged")
        tell_of_master(self.manager.tables, self.profile, match.accepted.entry, r.cluster, r.broker_id, told)
        log.debug("registration", rule=told.rule, cluster=r.cluster, broker=r.name, id=r.broker_id, addr=r.addr)
        return self._registered(request, told.master_addr, told.ha_server_addr)

    def _registration(self, request: Request, header: RegisterBrokerRequestHeader) -> Registration:
        return Registration(
            cluster=header.cluster_name,
            addr=header.broker_addr,
            name=header.broker_name,
            broker_id=-1 if header.broker_id is None else header.broker_id,
            channel=request.channel,
            now_ms=self.now_ms(),
            ha_server_addr=header.ha_server_addr,
            heartbeat_timeout_ms=header.heartbeat_timeout_ms,
            acting=header.enable_acting_master,
            zone=header.zone_name,
            full_body=header.full_body,
            deletes_topics=self._deletes_topics(),
        )

    def _deletes_topics(self) -> bool:
        return self.config.is_on("deleteTopicWithBrokerRegistration")

    def _registered(self, request: Request, master_addr: str | None, ha_server_addr: str | None) -> bytes:
        fields = {}
        if ha_server_addr is not None:
            fields["haServerAddr"] = ha_server_addr
        if master_addr is not None:
            fields["masterAddr"] = master_addr
        is_told = self.config.is_on("returnOrderTopicConfigToBroker", default=True)
        keys = self.kv_config.order_topics() if is_told else None
        body = None if keys is None else encode_kv_table(keys, self.profile)
        return self._frame(request, ext_fields=fields, body=body)

    # The others ---------------------------------------------------------------------------------------------------

    def unregister_broker(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.unregisterBroker`."""
        header = read(BrokerRequestHeader, request.ext)
        rule = self.manager.unregister_broker(
            request.channel, header.cluster_name, header.broker_addr, header.broker_name, header.broker_id
        )
        log.info("unregistration", rule=rule, broker=header.broker_name, addr=header.broker_addr)
        if rule in REFUSED_UNREGISTRATIONS:
            return self._frame(request, ResponseCode.SYSTEM_ERROR, remark="unregister broker failed")
        return self._frame(request)

    def query_data_version(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.queryBrokerTopicConfig`."""
        header = read(BrokerRequestHeader, request.ext)
        now_ms = self.now_ms()
        version = None
        if request.body is not None:
            try:
                version = self.reader.read_version(bytes(request.body), now_ms)
            except BodyError as error:
                return self._not_json(request, error)
        elif not self.profile.null_data_version:
            raise NullPointer
        changed, stored = self.manager.query_data_version(
            header.cluster_name, header.broker_addr, header.broker_name, header.broker_id, version, now_ms
        )
        return self._frame(
            request,
            ext_fields={"changed": "true" if changed else "false"},
            body=None if stored is None else encode_version(stored, self.profile),
        )

    def broker_heartbeat(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.brokerHeartbeat`, 5.x."""
        header = read(BrokerRequestHeader, request.ext)
        self.manager.broker_heartbeat(header.cluster_name, header.broker_addr, self.now_ms())
        return self._frame(request)

    def get_route_info_by_topic(self, request: Request) -> bytes:
        """`ClientRequestProcessor.getRouteInfoByTopic`; in 4.9.7 `DefaultRequestProcessor` has it."""
        ext = request.ext or NO_FIELDS
        topic = ext.get("topic")
        if not self.routes.is_ready(self.now_ms()):
            return self._frame(request, ResponseCode.SYSTEM_ERROR, remark="name server not ready")
        quoted = request.version >= V4_9_4 or ext.get("acceptStandardJsonOnly", "").lower() == "true"
        zone = ext.get(ZONE_NAME) if self.profile.zones and ext.get(ZONE_MODE, "").lower() == "true" else None
        zone = None if zone is None or not WORD.search(zone) else zone
        route = self.routes.find(topic, quoted=quoted and not self.config.is_cluster_test, zone=zone)
        if route is not None:
            return self._frame(request, body=route)
        where = f"See {self.profile.faq_url} for further details."
        remark = f"No topic route info in name server for the topic: {_shown(topic)}\n{where}"
        return self._frame(request, ResponseCode.TOPIC_NOT_EXIST, remark=remark)

    def get_broker_cluster_info(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.getBrokerClusterInfo`."""
        return self._frame(request, body=encode_cluster_info(self.manager.tables, self.profile))

    def get_all_topic_list(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.getAllTopicListFromNameserver`."""
        if not self.config.is_on("enableAllTopicList", default=True):
            return self._disabled(request)
        return self._frame(request, body=encode_topic_list(self.manager.tables.topic_queue, self.profile))

    # KV configs ---------------------------------------------------------------------------------------------------

    def put_kv_config(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.putKVConfig`."""
        header = read(KVConfigRequestHeader, request.ext)
        if header.namespace is None or header.key is None:
            return self._frame(request, ResponseCode.SYSTEM_ERROR, remark="namespace or key is null")
        self.kv_config.put(header.namespace, header.key, header.value)
        log.info("KV config put", namespace=header.namespace, key=header.key)
        return self._frame(request)

    def get_kv_config(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.getKVConfig`."""
        header = read(KVConfigRequestHeader, request.ext)
        value = self.kv_config.get(header.namespace, header.key)
        if value is not None:
            return self._frame(request, ext_fields={"value": value})
        remark = f"No config item, Namespace: {_shown(header.namespace)} Key: {_shown(header.key)}"
        return self._frame(request, ResponseCode.QUERY_NOT_FOUND, remark=remark, ext_fields=NO_FIELDS)

    def delete_kv_config(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.deleteKVConfig`."""
        header = read(KVConfigRequestHeader, request.ext)
        self.kv_config.delete(header.namespace, header.key)
        log.info("KV config deleted", namespace=header.namespace, key=header.key)
        return self._frame(request)

    def get_kv_list_by_namespace(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.getKVListByNamespace`."""
        header = read(KVConfigRequestHeader, request.ext)
        keys = self.kv_config.keys_of(header.namespace)
        if keys is not None:
            return self._frame(request, body=encode_kv_table(keys, self.profile))
        remark = f"No config item, Namespace: {_shown(header.namespace)}"
        return self._frame(request, ResponseCode.QUERY_NOT_FOUND, remark=remark)

    # Its own configuration ----------------------------------------------------------------------------------------

    def update_namesrv_config(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.updateConfig`."""
        if request.body is None:
            return self._frame(request)
        try:
            properties = decode_properties(bytes(request.body))
        except BodyError:
            return self._frame(request, ResponseCode.SYSTEM_ERROR, remark="string2Properties error")
        if self.config.refuses(properties):
            log.warning("configuration not updated", why="black list", keys=sorted(properties))
            return self._frame(request, ResponseCode.NO_PERMISSION, remark=self.profile.config_refusal)
        self.config.update(properties)
        self.routes.look_at_options()
        self.told_options()
        log.info("configuration updated", keys=sorted(properties))
        return self._frame(request)

    def get_namesrv_config(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.getConfig`."""
        return self._frame(request, body=self.config.listing())

    # Lists --------------------------------------------------------------------------------------------------------

    def get_topics_by_cluster(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.getTopicsByCluster`."""
        if not self.config.is_on("enableTopicList", default=True):
            return self._disabled(request)
        cluster = read(GetTopicsByClusterRequestHeader, request.ext).cluster
        topics = lists.topics_by_cluster(self.manager.tables, cluster)
        return self._frame(request, body=encode_topic_list(topics, self.profile))

    def _disabled(self, request: Request) -> bytes:
        return self._frame(request, ResponseCode.SYSTEM_ERROR, remark="disable")

    def get_system_topic_list(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.getSystemTopicListFromNs`."""
        tables = self.manager.tables
        body = encode_topic_list(lists.system_topics(tables), self.profile, lists.some_address(tables))
        return self._frame(request, body=body)

    def get_unit_topic_list(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.getUnitTopicList`, `.getHasUnitSubTopicList`, `.getHasUnitSubUnUnitTopicList`."""
        if not self.config.is_on("enableTopicList", default=True):
            return self._disabled(request)
        topics = lists.unit_topics(self.manager.tables, request.code)
        return self._frame(request, body=encode_topic_list(topics, self.profile))

    def get_broker_member_group(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.getBrokerMemberGroup`, 5.x, which leaves the remark that an answer begins with."""
        header = read(GetBrokerMemberGroupRequestHeader, request.ext)
        body = encode_member_group(self.manager.tables, self.profile, header.cluster_name, header.broker_name)
        return self._frame(request, remark=NOT_SET, body=body)

    # By hand ------------------------------------------------------------------------------------------------------

    def wipe_write_perm_of_broker(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.wipeWritePermOfBroker`."""
        name = read(WritePermOfBrokerRequestHeader, request.ext).broker_name
        count = by_hand.wipe_write_perm(self.manager.tables, self.profile, name)
        log.info("write permission wiped", broker=name, topics=count)
        return self._frame(request, ext_fields={"wipeTopicCount": str(count)})

    def add_write_perm_of_broker(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.addWritePermOfBroker`."""
        name = read(WritePermOfBrokerRequestHeader, request.ext).broker_name
        count = by_hand.add_write_perm(self.manager.tables, name)
        log.info("write permission added", broker=name, topics=count)
        return self._frame(request, ext_fields={"addTopicCount": str(count)})

    def delete_topic_in_namesrv(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.deleteTopicInNamesrv`."""
        header = read(TopicRequestHeader, request.ext)
        by_hand.delete_topic(self.manager.tables, self.profile, header.topic, header.cluster_name)
        log.info("topic deleted", topic=header.topic, cluster=header.cluster_name)
        return self._frame(request)

    def register_topic_in_namesrv(self, request: Request) -> bytes:
        """`DefaultRequestProcessor.registerTopicToNamesrv`, 5.x."""
        topic = read(TopicRequestHeader, request.ext).topic
        if request.body is None and not self.profile.null_data_version:
            raise NullPointer  # the same RemotingSerializable.decode
        try:
            queues = None if request.body is None else self.reader.read_queues(bytes(request.body))
        except BodyError as error:
            return self._not_json(request, error)
        if queues:
            rule = by_hand.register_topic(self.manager.tables, topic, queues)
            log.info("topic registered", rule=rule, topic=topic)
        return self._frame(request)


def _shown(part: str | None) -> str:
    """As Java joins null to a string."""
    return "null" if part is None else part


HANDLERS: Final[Mapping[int, Callable[[Processor, Request], bytes | None]]] = {
    RequestCode.REGISTER_BROKER: Processor.register_broker,
    RequestCode.UNREGISTER_BROKER: Processor.unregister_broker,
    RequestCode.QUERY_DATA_VERSION: Processor.query_data_version,
    RequestCode.BROKER_HEARTBEAT: Processor.broker_heartbeat,
    RequestCode.GET_ROUTEINFO_BY_TOPIC: Processor.get_route_info_by_topic,
    RequestCode.GET_BROKER_CLUSTER_INFO: Processor.get_broker_cluster_info,
    RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER: Processor.get_all_topic_list,
    RequestCode.WIPE_WRITE_PERM_OF_BROKER: Processor.wipe_write_perm_of_broker,
    RequestCode.ADD_WRITE_PERM_OF_BROKER: Processor.add_write_perm_of_broker,
    RequestCode.DELETE_TOPIC_IN_NAMESRV: Processor.delete_topic_in_namesrv,
    RequestCode.REGISTER_TOPIC_IN_NAMESRV: Processor.register_topic_in_namesrv,
    RequestCode.GET_TOPICS_BY_CLUSTER: Processor.get_topics_by_cluster,
    RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS: Processor.get_system_topic_list,
    RequestCode.GET_UNIT_TOPIC_LIST: Processor.get_unit_topic_list,
    RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST: Processor.get_unit_topic_list,
    RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST: Processor.get_unit_topic_list,
    RequestCode.GET_BROKER_MEMBER_GROUP: Processor.get_broker_member_group,
    RequestCode.PUT_KV_CONFIG: Processor.put_kv_config,
    RequestCode.GET_KV_CONFIG: Processor.get_kv_config,
    RequestCode.DELETE_KV_CONFIG: Processor.delete_kv_config,
    RequestCode.GET_KVLIST_BY_NAMESPACE: Processor.get_kv_list_by_namespace,
    RequestCode.UPDATE_NAMESRV_CONFIG: Processor.update_namesrv_config,
    RequestCode.GET_NAMESRV_CONFIG: Processor.get_namesrv_config,
}
"""What is answered, by code; a profile may take some away."""
