"""Every table that holds something of a holder is known by name, and told when they ask for all that is held."""

from db.connection import Role, connect
from db.holders import personal_tables
from tests.db.village import ask

#: Columns that say whose a row is: by name, or because they refer to such a table; but what names a row itself.
_HOLDING = """
    SELECT DISTINCT column_table.relnamespace::regnamespace::text || '.' || column_table.relname, attname
    FROM pg_attribute
    JOIN pg_class AS column_table ON column_table.oid = attrelid AND relkind IN ('r', 'p')
    LEFT JOIN pg_constraint ON conrelid = attrelid AND contype = 'f' AND attnum = ANY (conkey)
    WHERE relnamespace = 'pass'::regnamespace
    AND (relname, attname) NOT IN (('subject', 'subject_id'), ('medium', 'medium_id'), ('token', 'token_id'))
    AND attnum > 0 AND NOT attisdropped AND (
        attname ~ '(^|_)(holder|subject|medium|token|guardian|child|member)_id$'
        OR confrelid::regclass::text IN ('pass.holder', 'pass.subject', 'pass.medium', 'pass.token')
    )
"""


async def test_every_column_that_says_whose_a_row_is_is_in_the_list(database_url: str) -> None:
    holding = set(ask(database_url, _HOLDING))
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        known = await personal_tables(connection)
    listed = {(one.name, one.column_name) for one in known}
    assert listed == holding, "say in a migration what export and leaving do with the table (pass.personal_table)"
    told = {one.name for one in known if one.reaches != "nobody"}
    assert told == {one.name for one in known}, "a table that is reached by nobody is told to nobody"
    for one in known:
        query = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
        columns = {name for (name,) in ask(database_url, query, one.name)}
        assert set(one.untold) <= columns, one


async def test_a_table_that_nobody_thought_of_is_found(database_url: str) -> None:
    ask(database_url, "CREATE TABLE pass.guess (whose uuid REFERENCES pass.subject, holder_id uuid)")
    assert {("pass.guess", "whose"), ("pass.guess", "holder_id")} <= set(ask(database_url, _HOLDING))
