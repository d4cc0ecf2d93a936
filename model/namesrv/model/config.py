"""The NameServer's configuration over the wire: UPDATE_NAMESRV_CONFIG and GET_NAMESRV_CONFIG.

Every request is one step: `Configuration` has a lock of its own. What is written to a file is no part of a state.
Source: `DefaultRequestProcessor.updateConfig`, `.getConfig`, `Configuration`, 4.9.7, 5.1.4 and 5.3.3.
"""

from collections.abc import Iterator

import attrs

from namesrv.model.context import NO_PERMISSION, SUCCESS, SYSTEM_ERROR, Context, Outcome, cause
from namesrv.model.events import Answer, GetNamesrvConfig, UpdateNamesrvConfig
from namesrv.model.options import Options, listed, refused_keys, updated
from namesrv.model.profiles import Profile
from namesrv.model.values import ConfigText


def update_namesrv_config(c: Context, request: UpdateNamesrvConfig) -> Iterator[Outcome]:
    """All or nothing for a key that is refused; otherwise each key for itself."""
    profile, options = c.profile, c.state.options
    if not request.readable:
        answer = Answer(code=SYSTEM_ERROR, remark="string2Properties error")
        yield c.done(answer, None, cause("update_namesrv_config", "unreadable"))
        return
    if request.properties is None:
        yield c.done(Answer(code=SUCCESS), None, cause("update_namesrv_config", "body-absent"))
        return
    refused = refused_keys(options, profile.config_black_list, profile.settings)
    if not refused.isdisjoint(request.properties):
        answer = Answer(code=NO_PERMISSION, remark=profile.config_refusal)
        yield c.done(answer, None, cause("update_namesrv_config", "black-list"))
        return
    options = updated(options, profile.settings, request.properties, trims=profile.trims_config)
    state = attrs.evolve(c.state, options=options)
    yield c.done(Answer(code=SUCCESS), state, cause("update_namesrv_config", "updated"))


def get_namesrv_config(c: Context, _: GetNamesrvConfig) -> Iterator[Outcome]:
    """Every option that there is, with its value."""
    answer = Answer(code=SUCCESS, body=config_text(c.state.options, c.profile))
    yield c.done(answer, None, cause("get_namesrv_config", "found"))


def config_text(options: Options, profile: Profile) -> ConfigText:
    """As `MixAll.properties2String` writes it: by name in the order of Java's strings, that of UTF-16."""
    values = listed(options, profile.settings)
    keys = sorted(values, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    text = "".join(f"{key}={values[key]}\n" for key in keys)
    return ConfigText(lines=tuple(text.split("\n")[:-1]), any_order=not profile.sorts_config)
