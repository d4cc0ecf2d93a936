"""NAMESRV_REQUIRE: what it names has to be there."""

import pytest

from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing, required

NO_JAVA = NotAvailable("java", "no Java anywhere")


def test_what_is_not_required_is_skipped_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAMESRV_REQUIRE", "maven")
    with pytest.raises(pytest.skip.Exception, match="java is missing: no Java anywhere"):
        missing(NO_JAVA)


def test_what_is_required_fails_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAMESRV_REQUIRE", "maven, java")
    with pytest.raises(pytest.fail.Exception, match="no Java anywhere"):
        missing(NO_JAVA)


def test_nothing_is_required_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAMESRV_REQUIRE", raising=False)
    assert required() == frozenset()


def test_a_name_that_nothing_asks_for_is_an_error_rather_than_no_requirement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAMESRV_REQUIRE", "jvaa")
    with pytest.raises(pytest.UsageError, match="jvaa"):
        required()
