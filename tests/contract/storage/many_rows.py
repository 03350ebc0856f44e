"""A court's database as if it had been at work for long: the rows of its tables many times over, on
PostgreSQL. The copies are older, and refer to each other as the rows do.

What is sealed in a copy nobody can read: copies are there to be passed over.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

TABLES: Final = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)
# A word of a closed set has no other value. An id has 36 characters, of which the catalogue makes 40.
COLUMNS: Final = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS kind,
    EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey)
    ) AND a.atttypmod NOT BETWEEN 0 AND 39 AS is_unique,
    (
        SELECT f.confrelid::regclass::text FROM pg_constraint AS f
        WHERE f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1
    ) AS refers_to
FROM pg_attribute AS a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
OTHERWISE: Final = {
    "character varying": "md5({0} || ' ' || n)",
    "text": "md5({0} || ' ' || n)",
    "bytea": "sha256({0} || n::text::bytea)",
    "bigint": "{0} + n * 1000000",
    "integer": "{0} + n * 1000",
}
"""What makes another value of one; the same of the same, so that what refers to it still does."""
OLDER: Final = {"timestamp with time zone": "{0} - n * interval '1 hour'"}


async def tables_with_rows(connection: Any) -> Mapping[str, int]:
    """How many each has."""
    names = [str(row["tablename"]) for row in await connection.fetch(TABLES)]
    counted = {name: await connection.fetchval(f'SELECT count(*) FROM "{name}"') for name in names}  # noqa: S608
    return {name: count for name, count in counted.items() if count}


async def copy_rows(connection: Any, tables: Collection[str], times: int) -> None:
    """So many copies of each row of the tables, in one transaction. Nothing is analysed."""
    async with connection.transaction():
        # What a row refers to may come later.
        await connection.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            columns = await connection.fetch(COLUMNS, table)
            names = ", ".join(f'"{column["name"]}"' for column in columns)
            values = ", ".join(_copied(column, tables) for column in columns)
            await connection.execute(
                f'INSERT INTO "{table}" ({names}) OVERRIDING SYSTEM VALUE '  # noqa: S608
                f'SELECT {values} FROM "{table}" CROSS JOIN generate_series(1, {times}) AS n'
            )


def _copied(column: Mapping[str, Any], tables: Collection[str]) -> str:
    refers_to, kind = column["refers_to"], column["kind"]
    is_other = refers_to in tables if refers_to else column["is_unique"]
    made = OTHERWISE if is_other else OLDER
    return made.get(kind, "{0}").format(f'"{column["name"]}"')
