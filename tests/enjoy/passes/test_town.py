"""What tests of passes begin from can be made, and who serves data sees nothing of it."""

import pytest

from core.errors import InvariantError
from db.connection import Role, connect, translated_errors
from tests.db.village import ask
from tests.enjoy.passes.town import Town, add_holder, add_medium, add_service, add_subject


async def test_who_keeps_passes_sees_holders_and_who_serves_data_does_not(database_url: str) -> None:
    town = Town(database_url)
    add_service(town, "pool")
    holder = add_holder(town)
    add_medium(town, holder)
    add_subject(town, holder, "pool")
    assert ask(database_url, "SELECT count(*) FROM pass.entitlement") == [(1,)]
    for role in (Role.ENJOY_READ, Role.ENJOY_WRITE, Role.ENJOY_ACCOUNT, Role.ENJOY_SHOP, Role.READ, Role.COMPUTE):
        async with await connect(database_url, role) as connection:
            with pytest.raises(InvariantError, match="role_not_allowed"):
                async with translated_errors():
                    await connection.execute("SELECT count(*) FROM pass.holder")
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        cursor = await connection.execute("SELECT count(*) FROM pass.holder")
        assert await cursor.fetchone() == (1,)
