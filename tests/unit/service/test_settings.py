"""Settings come from the environment, once, and an open service needs to be wanted."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings, exposure_fault, is_loopback


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"WAVETAP_{name.upper()}", raising=False)


def test_defaults_are_embedded_and_local() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.grpc_port) == ("127.0.0.1", 8080, 8081)
    assert exposure_fault(settings) is None


def test_the_environment_is_read_and_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVETAP_DATA_DIR", "/srv/wavetap")
    monkeypatch.setenv("WAVETAP_API_KEY", "")
    monkeypatch.setenv("WAVETAP_INSECURE", "1")
    settings = Settings()
    assert settings.data_dir == Path("/srv/wavetap")
    assert settings.api_key is None
    assert settings.insecure


def test_what_is_given_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVETAP_PORT", "1")
    monkeypatch.setenv("WAVETAP_GRPC_PORT", "2")
    settings = Settings(port=3)
    assert (settings.port, settings.grpc_port) == (3, 2)


@pytest.mark.parametrize(("given", "kept"), [("a-very-secret-key\n", "a-very-secret-key"), (" \n", None)])
def test_a_key_is_what_a_header_carries_of_it(given: str, kept: str | None) -> None:
    key = Settings(api_key=given).api_key
    assert (key and key.get_secret_value()) == kept


def test_a_key_does_not_show_in_a_text() -> None:
    assert "a-very-secret-key" not in repr(Settings(api_key="a-very-secret-key"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]"])
def test_loopback_needs_no_key(host: str) -> None:
    assert is_loopback(host)
    assert exposure_fault(Settings(host=host)) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org"])  # noqa: S104
def test_any_other_bind_needs_a_key_or_a_word(host: str) -> None:
    fault = exposure_fault(Settings(host=host))
    assert fault is not None
    assert "WAVETAP_API_KEY" in fault
    assert exposure_fault(Settings(host=host, api_key="a-very-secret-key")) is None
    assert exposure_fault(Settings(host=host, insecure=True)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 70_000),
        ("port", -1),
        ("api_key", "short"),
        ("api_key", "schlüsselwort"),
        ("engine", "ray"),
        ("prot", 8080),
    ],
)
def test_what_cannot_be_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings(**{name: value})
