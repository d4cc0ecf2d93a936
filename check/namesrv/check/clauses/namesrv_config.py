"""UPDATE_NAMESRV_CONFIG and GET_NAMESRV_CONFIG (318, 319): the NameServer's own options.

An update that is accepted changes the server for everybody and rewrites its file: unless no broker is registered (`UNUSED`; it is
put back in the end), only what is refused is sent, or what says nothing; and whoever accepts it all the same is told the values
that are there, or one of an option that is read at the start only, and set back in the end.
"""

from typing import Final

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.rules import apache, apache_4, apache_5_1
from namesrv.check.clauses.world import broker, case, over, route
from namesrv.check.steps import AS_IT_IS
from namesrv.model.events import GetNamesrvConfig, PutKVConfig, UpdateNamesrvConfig
from namesrv.model.values import ORDER_TOPIC_CONFIG, table

GET: Final = "DefaultRequestProcessor.getConfig"
UPDATE: Final = "DefaultRequestProcessor.updateConfig"
OWN: Final = frozenset({Needs.OWN})
UNUSED: Final = frozenset({Needs.UNUSED})
SHOWN: Final = GetNamesrvConfig()


def sets(**options: str) -> UpdateNamesrvConfig:
    """An update with these options."""
    return UpdateNamesrvConfig(properties=table(options))


CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="get-namesrv-config/listed",
        severity=Severity.SHOULD,
        rules=(
            apache("Every option is listed with its value, by name.", GET, lambda p: p.sorts_config),
            apache_4("Every option is listed with its value.", GET, lambda p: not p.sorts_config),
        ),
        steps=case(SHOWN),
    ),
    Clause(
        slug="update-namesrv-config/kv-config-path",
        severity=Severity.MUST,
        rules=(apache("Where KV configs are kept can't be set: NO_PERMISSION.", UPDATE),),
        steps=case(sets(kvConfigPath=AS_IT_IS), SHOWN),
    ),
    Clause(
        slug="update-namesrv-config/config-store-path",
        severity=Severity.MUST,
        rules=(apache("Where the configuration is kept can't be set: NO_PERMISSION.", UPDATE),),
        steps=case(sets(configStorePath=AS_IT_IS), SHOWN),
    ),
    Clause(
        slug="update-namesrv-config/rocketmq-home",
        severity=Severity.MUST,
        rules=(
            apache(
                "The home directory, rocketmqHome, can't be set: NO_PERMISSION.",
                UPDATE,
                lambda p: "rocketmqHome" in p.config_black_list,
            ),
        ),
        steps=case(sets(rocketmqHome=AS_IT_IS), SHOWN),
    ),
    Clause(
        slug="update-namesrv-config/rocketmq-home-can-be-set",
        severity=Severity.MUST,
        rules=(
            apache_5_1(
                "The home directory, rocketmqHome, can be set.",
                UPDATE,
                lambda p: "rocketmqHome" not in p.config_black_list,
            ),
        ),
        steps=case(sets(rocketmqHome=AS_IT_IS), SHOWN),
        needs=OWN,
    ),
    Clause(
        slug="update-namesrv-config/config-black-list",
        severity=Severity.MUST,
        rules=(
            apache(
                "The list of what can't be set can't be set: NO_PERMISSION.",
                UPDATE,
                lambda p: "configBlackList" in p.config_black_list,
            ),
        ),
        steps=case(sets(configBlackList=AS_IT_IS), SHOWN),
    ),
    Clause(
        slug="update-namesrv-config/one-refused-of-two",
        severity=Severity.MUST,
        rules=(apache("With one option that can't be set none is.", UPDATE),),
        steps=case(sets(clusterTest=AS_IT_IS, kvConfigPath=AS_IT_IS), SHOWN),
    ),
    Clause(
        slug="update-namesrv-config/refused-changes-nothing",
        severity=Severity.MUST,
        rules=(apache("What is refused is not done: an option beside one that can't be set keeps its value.", UPDATE),),
        steps=case(sets(productEnvName="check", kvConfigPath=AS_IT_IS), SHOWN),
    ),
    Clause(
        slug="update-namesrv-config/refusal-remark",
        severity=Severity.MAY,
        rules=(
            apache(
                "The refusal speaks of the black list.", UPDATE, lambda p: p.config_refusal.endswith("in black list.")
            ),
            apache_4("The refusal speaks of the path.", UPDATE, lambda p: True),
        ),
        steps=case(sets(configStorePath=AS_IT_IS)),
    ),
    Clause(
        slug="update-namesrv-config/without-body",
        severity=Severity.SHOULD,
        rules=(apache("An update without a body changes nothing, successfully.", UPDATE),),
        steps=case(UpdateNamesrvConfig(properties=None), SHOWN),
    ),
    Clause(
        slug="update-namesrv-config/unreadable",
        severity=Severity.SHOULD,
        rules=(apache("A body that is no properties is a SYSTEM_ERROR.", UPDATE),),
        steps=case(UpdateNamesrvConfig(properties=table(), readable=False), SHOWN),
    ),
    Clause(
        slug="update-namesrv-config/changed",
        severity=Severity.MUST,
        rules=(apache("An option that is set is shown with its new value.", UPDATE),),
        steps=case(sets(productEnvName="check"), SHOWN),
        needs=UNUSED,
    ),
    Clause(
        slug="update-namesrv-config/blanks",
        severity=Severity.SHOULD,
        rules=(
            apache("Blanks round a text are not kept.", "MixAll.properties2Object", lambda p: p.trims_config),
            apache_5_1("Blanks at the end of a text are kept.", "MixAll.properties2Object", lambda p: True),
        ),
        steps=case(sets(productEnvName="  x y  "), SHOWN),
        needs=UNUSED,
    ),
    Clause(
        slug="update-namesrv-config/no-number",
        severity=Severity.SHOULD,
        rules=(apache("A number that is none is left as it was, and others are set.", "MixAll.properties2Object"),),
        steps=case(sets(serverWorkerThreads="x", productEnvName="check"), SHOWN),
        needs=UNUSED,
    ),
    Clause(
        slug="update-namesrv-config/unknown-option",
        severity=Severity.SHOULD,
        rules=(apache("An option that there is not is passed over.", "MixAll.properties2Object"),),
        steps=case(sets(namesrvCheck="x", productEnvName="check"), SHOWN),
        needs=UNUSED,
    ),
    Clause(
        slug="update-namesrv-config/order-message-enable",
        severity=Severity.MUST,
        rules=(
            apache(
                "From the moment that orderMessageEnable is set routes bring their topic's order.",
                "ClientRequestProcessor.getRouteInfoByTopic",
                lambda p: p.acting_master,
            ),
            apache_4(
                "From the moment that orderMessageEnable is set routes bring their topic's order.",
                "DefaultRequestProcessor.getRouteInfoByTopic",
                lambda p: not p.acting_master,
            ),
        ),
        steps=case(
            PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4"),
            broker(),
            route("t1"),
            sets(orderMessageEnable="true"),
            over(1, route("t1")),
        ),
        needs=UNUSED,
    ),
)
