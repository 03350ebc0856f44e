"""What an adapter is told from outside: refused with the setting's name and its remedy."""

import pytest

from adapters.edge.settings import Keeping
from adapters.settings import AdapterSettings
from schemas.settings import Address, SettingsRefused

GIVEN = {
    "ADAPTER_DATA": "rail",
    "ADAPTER_COURT_URL": "https://court.example:8443",
    "ADAPTER_BROKER_URL": "amqp://broker.example:5672/court",
}


def test_what_is_given_is_taken_and_the_rest_has_defaults() -> None:
    settings = AdapterSettings.from_environment(GIVEN, ("data", "court_url", "broker_url"))

    assert settings.environment == "production"
    assert str(settings.folder) == "rail"
    assert settings.court_url == "https://court.example:8443"
    assert settings.listen == Address("127.0.0.1", 8090)
    assert settings.log_format == "json"


def test_the_login_comes_in_from_the_credential() -> None:
    settings = AdapterSettings.from_environment(GIVEN)

    assert settings.broker_url_for("agency.rail", "p/w") == (
        "amqp://agency.rail:p%2Fw@broker.example:5672/court"
    )


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsRefused) as refused:
        AdapterSettings.from_environment({}, ("data", "court_url", "broker_url"))

    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        "ADAPTER_DATA",
        "ADAPTER_COURT_URL",
        "ADAPTER_BROKER_URL",
    ]


@pytest.mark.parametrize(
    ("setting", "value", "remedy"),
    [
        ("ADAPTER_ENVIRONMENT", "testing", "'production' or 'trial'"),
        ("ADAPTER_COURT_URL", "http://court.example", "give https://host:port"),
        ("ADAPTER_COURT_URL", "https://court.example/edge/keys", "without a path"),
        ("ADAPTER_BROKER_URL", "amqp://agency.rail:secret@broker.example/court", "come in the credential"),
        ("ADAPTER_BROKER_URL", "http://broker.example", "give amqp://host:port/vhost"),
        ("ADAPTER_BROKER_URL", "embedded:///bus.sqlite", "production does not run on the embedded bus"),
        ("ADAPTER_JOURNEYS_URL", "http://tickets.example/open", "http is for a system on this machine"),
        ("ADAPTER_JOURNEYS_URL", "https://me:secret@tickets.example", "without user and password"),
        ("ADAPTER_KEEP_JOURNEYS_DAYS", "0", "greater than or equal to 1"),
        ("ADAPTER_KEEP_JOURNEYS_DAYS", "16", "less than or equal to 15"),
        ("ADAPTER_KEEP_JOURNEYS_BASIS", "law\nsecret", "give one line of plain text"),
        ("ADAPTER_LISTEN", "8090", "give host:port"),
        ("ADAPTER_LISTEN", "127.0.0.1:99999", "from 0 to 65535"),
        ("ADAPTER_LOG_FORMAT", "xml", "'json' or 'plain'"),
    ],
)
def test_what_is_wrong_is_told_with_its_setting_and_never_repeated(
    setting: str, value: str, remedy: str
) -> None:
    with pytest.raises(SettingsRefused) as refused:
        AdapterSettings.from_environment(GIVEN | {setting: value})

    (problem,) = refused.value.problems
    assert problem.startswith(f"{setting}: ")
    assert remedy in problem
    assert "secret" not in problem


def test_a_trial_may_run_on_the_embedded_bus() -> None:
    trial = {"ADAPTER_ENVIRONMENT": "trial", "ADAPTER_BROKER_URL": "embedded:///bus.sqlite"}

    assert str(AdapterSettings.from_environment(trial).bus_file) == "bus.sqlite"


KEPT = {
    "ADAPTER_KEEP_JOURNEYS_DAYS": "15",
    "ADAPTER_KEEP_JOURNEYS_BASIS": "铁路法第七十条",
    "ADAPTER_KEEP_JOURNEYS_ASSESSMENT": "评估2026-3",
}


def test_nothing_is_kept_unless_somebody_says_so() -> None:
    assert AdapterSettings.from_environment(GIVEN).keeping is None


def test_journeys_are_kept_on_the_terms_that_are_named() -> None:
    assert AdapterSettings.from_environment(GIVEN | KEPT).keeping == Keeping(
        days=15, legal_basis="铁路法第七十条", assessment="评估2026-3"
    )


def test_without_a_law_and_an_assessment_nothing_starts() -> None:
    with pytest.raises(SettingsRefused) as refused:
        AdapterSettings.from_environment(GIVEN | {"ADAPTER_KEEP_JOURNEYS_DAYS": "15"})

    assert refused.value.problems == (
        "ADAPTER_KEEP_JOURNEYS_BASIS: journeys are kept by law only; set it to the law that allows it",
        "ADAPTER_KEEP_JOURNEYS_ASSESSMENT: journeys are kept by law only; set it to the reference of its "
        "impact assessment",
    )


def test_nothing_is_kept_where_the_agency_can_be_asked() -> None:
    with pytest.raises(SettingsRefused) as refused:
        AdapterSettings.from_environment(GIVEN | KEPT | {"ADAPTER_JOURNEYS_URL": "https://tickets.example"})

    (problem,) = refused.value.problems
    assert "leave it or ADAPTER_JOURNEYS_URL out" in problem
