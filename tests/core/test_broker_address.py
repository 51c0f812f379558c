import pytest

from core.broker_address import BrokerAddress
from core.errors import ConfigurationError


@pytest.mark.parametrize("url", ["http://host", "mqtt://", "mqtt://host:many", "host:1883"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        BrokerAddress.parse(url)


def test_an_address_may_carry_a_user() -> None:
    broker = BrokerAddress.parse("mqtt://someone:p%40ss@example.org")
    assert broker == BrokerAddress("example.org", 1883, "someone", "p@ss")
    assert "p@ss" not in repr(broker)
