import pytest

from core.errors import ConfigurationError
from core.settings import read_settings


@pytest.fixture
def settings_toml(tmp_path, monkeypatch):
    path = tmp_path / "somel.toml"
    monkeypatch.setenv("SOMEL_CONFIG", str(path))
    monkeypatch.delenv("SOMEL_SHARDS", raising=False)
    return path


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(settings_toml, monkeypatch):
    assert read_settings().shards == 4
    settings_toml.write_text("shards = 6\n")
    assert read_settings().shards == 6
    monkeypatch.setenv("SOMEL_SHARDS", "8")
    assert read_settings().shards == 8
    assert read_settings(shards=9).shards == 9


def test_a_wrong_value_is_named(settings_toml, monkeypatch):
    monkeypatch.setenv("SOMEL_SHARDS", "many")
    with pytest.raises(ConfigurationError, match="SOMEL_SHARDS"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("shards", "many", "Input should be a valid integer, unable to parse string as an integer"),
        ("log_level", "loud", "Input should be 'debug', 'info', 'warning' or 'error'"),
        ("clock_wall_origin", "now", "Input should be a valid datetime or date, input is too short"),
        ("dask_scheduler", "host", "it has to be tcp://host:port or tls://host:port"),
    ],
)
def test_what_is_wrong_with_a_value_is_told_and_nothing_before_it(settings_toml, monkeypatch, name, value, told):
    monkeypatch.setenv(f"SOMEL_{name.upper()}", value)
    with pytest.raises(ConfigurationError) as refused:
        read_settings()
    assert refused.value.message == f"Settings cannot be used: SOMEL_{name.upper()}: {told}."


def test_every_wrong_value_is_told(settings_toml):
    with pytest.raises(ConfigurationError) as refused:
        read_settings(dask_scheduler="host", shards=0)
    assert refused.value.message.count("SOMEL_") == 2
    assert "error," not in refused.value.message


def test_an_unknown_setting_in_the_file_is_named(settings_toml):
    settings_toml.write_text("shard = 6\n")
    with pytest.raises(ConfigurationError, match="SOMEL_SHARD"):
        read_settings()


def test_a_broken_file_is_named(settings_toml):
    settings_toml.write_text("shards = = 6\n")
    with pytest.raises(ConfigurationError, match=r"somel\.toml cannot be read"):
        read_settings()


def test_secrets_do_not_show(settings_toml, monkeypatch):
    monkeypatch.setenv("SOMEL_DATABASE_URL", "postgresql://somel:hidden@127.0.0.1/somel")
    assert "hidden" not in repr(read_settings())
