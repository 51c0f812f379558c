"""The conformance bench in front of a guarded broker."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from core.broker_address import BrokerAddress
from core.clock import WALL_CLOCK
from core.errors import ForbiddenError, RetryableError
from ingest.conformance.bench import Plan, run_bench
from tests.somel.edge.field import Field


def address(field: Field, **files: Path) -> BrokerAddress:
    return BrokerAddress.parse(f"mqtts://127.0.0.1:{field.port}?{urlencode(files)}")


async def test_a_bench_comes_by_tls_and_is_told_that_it_may_not_watch(field: Field):
    identity = await field.enrol("gw-0001")
    with pytest.raises(ForbiddenError, match="does not let the bench watch"):
        await run_bench(
            Plan("gw-0001", 4, 5.0),
            address(field, ca=field.ca, certificate=identity.certificate, key=identity.key),
            WALL_CLOCK,
        )


async def test_a_broker_signed_by_someone_else_is_not_believed(field: Field, tmp_path: Path):
    other = tmp_path / "other.pem"
    other.write_bytes(
        (await field.enrol("gw-0001")).certificate.read_bytes().split(b"-----END")[0] + b"-----END CERTIFICATE-----\n"
    )
    with pytest.raises(RetryableError, match="certificate verify failed"):
        await run_bench(Plan("gw-0001", 4, 5.0), address(field, ca=other), WALL_CLOCK)
