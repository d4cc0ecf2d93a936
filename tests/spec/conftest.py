"""What the tests of the specification share."""

from collections.abc import Callable
from functools import cache

import pytest

from namesrv.check.java import find_java
from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing
from namesrv.check.spec_models import Checked, check_model, load_models
from namesrv.check.tlc import need_tla2tools


@pytest.fixture
def tlc() -> None:
    """Java and stock TLC are there, or the test is skipped."""
    try:
        find_java()
        need_tla2tools()
    except NotAvailable as error:
        missing(error)


@pytest.fixture(scope="session")
def checked() -> Callable[[str], Checked]:
    """`checked("MCSaid")`: what TLC says of a model of the manifest as it stands, asked once for all who want to know."""
    models = {model.name: model for model in load_models()}
    return cache(lambda name: check_model(models[name]))
