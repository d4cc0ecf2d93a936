"""The NameServer's own configuration in the model. What is expected was seen in the answers of the real releases."""

import attrs
import pytest

from namesrv.model.events import Answer, GetNamesrvConfig, UpdateNamesrvConfig
from namesrv.model.options import FIELDS, Options, started
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_1_4, APACHE_5_3_3, APACHE_5_5_0, PROFILES, Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import ConfigText, table
from tests.model.worlds import World

EVERY = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
DONE = Answer(code=0)
REFUSED_BEFORE_5_3 = Answer(code=16, remark="Can not update config path")
REFUSED = Answer(code=16, remark="Can not update config in black list.")


def update(**properties: str) -> UpdateNamesrvConfig:
    return UpdateNamesrvConfig(properties=table(properties))


def world(profile: Profile, **properties: str) -> World:
    options = started(profile.settings, properties, trims=profile.trims_config)
    return World(profile, state=NameServerState(options=options))


def shown(w: World) -> dict[str, str]:
    body = w.send(GetNamesrvConfig()).body
    assert isinstance(body, ConfigText)
    return dict(line.split("=", 1) for line in body.lines)


@pytest.mark.parametrize(
    ("profile", "count"),
    [(APACHE_4_9_7, 20), (APACHE_5_1_4, 36), (APACHE_5_3_3, 40), (APACHE_5_5_0, 40)],
    ids=lambda p: getattr(p, "name", p),
)
def test_a_release_lists_all_its_options_from_5_on_by_name(profile: Profile, count: int) -> None:
    machine = {setting.key: "0" for setting in profile.settings if setting.default is None}
    body = world(profile, **machine).send(GetNamesrvConfig()).body
    assert isinstance(body, ConfigText)
    assert len(body.lines) == count
    assert list(body.lines) == sorted(body.lines)
    assert body.any_order == (profile is APACHE_4_9_7)


@EVERY
def test_paths_are_refused_with_all_that_comes_along(profile: Profile) -> None:
    w = world(profile)
    refused = REFUSED_BEFORE_5_3 if profile.name in ("apache-4.9.7", "apache-5.1.4") else REFUSED
    before = shown(w)
    for key in ("kvConfigPath", "configStorePath"):
        assert w.send(update(**{key: "x", "productEnvName": "y"})) == refused
    assert shown(w) == before


@EVERY
def test_the_home_and_the_black_list_itself_are_refused_from_5_3_3_on(profile: Profile) -> None:
    w = world(profile, rocketmqHome="here")
    is_old = profile.name in ("apache-4.9.7", "apache-5.1.4")
    assert w.send(update(rocketmqHome="there")) == (DONE if is_old else REFUSED)
    assert w.send(update(configBlackList="")) == (DONE if is_old else REFUSED)
    assert shown(w)["rocketmqHome"] == ("there" if is_old else "here")


@pytest.mark.parametrize(
    ("listed", "refused"),
    [("a;b", {"a", "b"}), ("a;;b;;", {"a", "", "b"}), (";;", set()), ("", {""}), (" a ", {"a"}), ("a b", {"a b"})],
)
def test_the_black_list_of_the_start_is_split_as_java_splits(listed: str, refused: set[str]) -> None:
    w = world(APACHE_5_3_3, configBlackList=listed, a="1", b="1")
    for key in ("a", "b", "", "a b"):
        assert (w.send(update(**{key: "2"})) == REFUSED) == (key in refused)


@EVERY
def test_a_body_that_is_missing_or_unreadable_changes_nothing(profile: Profile) -> None:
    w = world(profile)
    assert w.send(UpdateNamesrvConfig(properties=None)) == DONE
    unreadable = UpdateNamesrvConfig(properties=table(), readable=False)
    assert w.send(unreadable) == Answer(code=1, remark="string2Properties error")
    assert w.state.options == Options()


@EVERY
@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("orderMessageEnable", "TRUE", "true"),
        ("orderMessageEnable", "true ", "false"),
        ("orderMessageEnable", "yes", "false"),
        ("serverWorkerThreads", "+7", "7"),
        ("serverWorkerThreads", "-7", "-7"),
        ("serverWorkerThreads", " 7", "8"),
        ("serverWorkerThreads", "7.0", "8"),
        ("serverWorkerThreads", "2147483648", "8"),
        ("serverWorkerThreads", "", "8"),
        ("productEnvName", "", ""),
        ("productEnvName", "ä=日", "ä=日"),
    ],
)
def test_an_option_takes_what_its_type_takes_and_else_stays(profile: Profile, key: str, text: str, value: str) -> None:
    w = world(profile)
    assert w.send(update(**{key: text})) == DONE
    assert shown(w)[key] == value


def test_the_interval_of_scans_is_a_long_number() -> None:
    w = world(APACHE_5_5_0)
    w.send(update(scanNotActiveBrokerInterval="9999999999"))
    assert shown(w)["scanNotActiveBrokerInterval"] == "9999999999"


@EVERY
def test_text_loses_blanks_at_its_ends_from_5_3_3_on(profile: Profile) -> None:
    w = world(profile, productEnvName=" a ")
    keeps = profile.name in ("apache-4.9.7", "apache-5.1.4")
    assert shown(w)["productEnvName"] == (" a " if keeps else "a")
    w.send(update(productEnvName="\tb \x01"))
    assert shown(w)["productEnvName"] == ("\tb \x01" if keeps else "b")


@EVERY
def test_what_no_option_is_is_listed_if_the_start_had_it_and_only_then_updated(profile: Profile) -> None:
    w = world(profile, unknown=" a ")
    w.send(update(unknown=" b ", other="c"))
    assert shown(w)["unknown"] == " b "
    assert "other" not in shown(w)


@EVERY
def test_an_option_that_the_release_does_not_have_is_listed_and_means_nothing(profile: Profile) -> None:
    w = world(profile, supportActingMaster="true")
    assert w.state.options.support_acting_master == (profile is not APACHE_4_9_7)
    assert shown(w)["supportActingMaster"] == "true"


def test_every_switch_counts_at_once_but_for_those_of_the_start() -> None:
    w = world(APACHE_5_5_0)
    for key, field in FIELDS.items():
        default = getattr(Options(), field)
        if not isinstance(default, bool):
            continue
        w.send(update(**{key: str(not default)}))
        assert shown(w)[key] == str(not default).lower()
        assert getattr(w.state.options, field) == (default if key == "clusterTest" else not default), key


def test_an_option_that_is_set_back_leaves_the_state_as_it_was() -> None:
    w = world(APACHE_5_5_0)
    w.send(update(supportActingMaster="true", productEnvName="x"))
    assert w.state.options != Options()
    w.send(update(supportActingMaster="false", productEnvName="center"))
    assert w.state.options == Options()
    assert attrs.evolve(w.state, options=Options()) == w.state
