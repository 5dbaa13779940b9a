"""Reads tables of the lake with delta-rs and with DuckDB's delta_scan, whole and by filters that should read fewer files.

Usage: read_lake.py TABLE…, the bucket by the AWS variables of the environment. Prints one JSON document.
"""

import json
import os
import re
import sys

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable


def main(names):
    lake = duckdb.connect()
    lake.execute("LOAD httpfs; LOAD delta; SET TimeZone = 'UTC'")
    host = os.environ["AWS_ENDPOINT_URL"].split("//")[1]
    lake.execute(
        f"CREATE SECRET (TYPE s3, KEY_ID '{os.environ['AWS_ACCESS_KEY_ID']}', SECRET '{os.environ['AWS_SECRET_ACCESS_KEY']}', "
        f"REGION '{os.environ['AWS_REGION']}', ENDPOINT '{host}', URL_STYLE path, USE_SSL false)"
    )
    return {name: read(lake, f"s3://lake/bronze/{name}") for name in names}


def read(lake, uri):
    table = DeltaTable(uri)
    rows = table.to_pyarrow_table()
    scan = f"delta_scan('{uri}')"
    numbers = list(paths_of_numbers(rows.schema))
    sums = ", ".join('sum("' + '"."'.join(path) + '")::DOUBLE' for path in numbers)
    duck_rows, *duck_sums = lake.sql(f"SELECT count(*), {sums} FROM {scan}").fetchone()
    return {
        "rows": {"delta-rs": rows.num_rows, "duckdb": duck_rows},
        "sums": {".".join(path): [pc.sum(column(rows, path)).as_py(), duck] for path, duck in zip(numbers, duck_sums)},
        "files": len(table.file_uris()),
        "pruning": prune(lake, table, rows, scan) if rows.num_rows > 0 else None,
    }


def paths_of_numbers(fields, above=()):
    """Of every numeric column, and of the numbers within structs."""
    for field in fields:
        path = (*above, field.name)
        if pa.types.is_struct(field.type):
            yield from paths_of_numbers(field.type, path)
        elif pa.types.is_integer(field.type) or pa.types.is_floating(field.type):
            yield path


def column(rows, path):
    name, *below = path
    return pc.struct_field(rows[name], below) if below else rows[name]


def prune(lake, table, rows, scan):
    """Files that are read for one day of several, and for the last row by offset, with the rows that came of it."""
    day = min(rows["event_date"].to_pylist())
    last = pc.max(rows["kafka_offset"]).as_py()
    dataset = table.to_pyarrow_dataset()
    by_day, by_offset = ds.field("event_date") == day, ds.field("kafka_offset") == last
    return {
        name: {
            "files": {"delta-rs": len(list(dataset.get_fragments(where))), "duckdb": files_read(lake, scan, sql)},
            "rows": {
                "delta-rs": dataset.count_rows(filter=where),
                "duckdb": lake.sql(f"SELECT count(*) FROM {scan} WHERE {sql}").fetchone()[0],
                "expected": rows.filter(where).num_rows,
            },
        }
        for name, where, sql in (
            ("partition", by_day, f"event_date = DATE '{day}'"),
            ("statistics", by_offset, f"kafka_offset = {last}"),
        )
    }


def files_read(lake, scan, where):
    """What DuckDB's own plan says of the files that it has read."""
    plan = lake.sql(f"EXPLAIN ANALYZE SELECT count(*) FROM {scan} WHERE {where}").fetchone()[1]
    found = re.search(r"Scanning Files:\s*(\d+)/(\d+)", plan)
    return int(found[1]) if found else plan


print(json.dumps(main(sys.argv[1:])))
sys.stdout.flush()
os._exit(0)  # native threads may abort the interpreter while it ends
