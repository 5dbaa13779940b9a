"""Reads a Delta table on S3 with an engine that is not ours and prints it as one JSON document.

Usage: read_delta.py '{"engine": "delta-rs" | "duckdb", "endpoint": …, "region": …, "bucket": …, "accessKeyId": …,
"secretAccessKey": …, "location": "bronze/x", "apps": [appId, …], "checkpoint": false, "isLogOnly": false, "where": SQL for duckdb}'

Times are microseconds since the epoch as text, 64-bit integers are texts, bytes are {"base64": …}.
"""

import base64
import datetime
import importlib.resources
import json
import os
import sys

import deltalake

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def main(request):
    options = {
        "endpoint": request["endpoint"],
        "region": request["region"],
        "access_key_id": request["accessKeyId"],
        "secret_access_key": request["secretAccessKey"],
        "allow_http": "true",
        "virtual_hosted_style_request": "false",
    }
    uri = f"s3://{request['bucket']}/{request['location']}"
    table = deltalake.DeltaTable(uri, storage_options=options)
    if request.get("checkpoint"):
        table.create_checkpoint()
    rows = [] if request.get("isLogOnly") else read_rows(request, uri, table)
    print(json.dumps({
        "version": table.version(),
        "files": len(table.file_uris()),
        "txns": {app: table.transaction_version(app) for app in request.get("apps", [])},
        "schema": json.loads(table.schema().to_json()),
        "rows": [plain(row) for row in rows],
    }))


def read_rows(request, uri, table):
    return with_duckdb(request, uri) if request["engine"] == "duckdb" else table.to_pyarrow_table().to_pylist()


def with_duckdb(request, uri):
    import duckdb

    connection = duckdb.connect()
    for name in ("httpfs", "delta"):
        folder = importlib.resources.files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
        connection.execute(f"LOAD '{folder / f'{name}.duckdb_extension'}'")
    connection.execute("SET TimeZone = 'UTC'")
    endpoint = request["endpoint"].removeprefix("http://")
    connection.execute(
        f"CREATE SECRET (TYPE s3, KEY_ID '{request['accessKeyId']}', SECRET '{request['secretAccessKey']}', "
        f"REGION '{request['region']}', ENDPOINT '{endpoint}', URL_STYLE 'path', USE_SSL false)"
    )
    where = request.get("where", "true")
    return connection.execute(f"SELECT * FROM delta_scan('{uri}') WHERE {where}").to_arrow_table().to_pylist()


def plain(value):
    if isinstance(value, datetime.datetime):
        since = value.astimezone(datetime.timezone.utc) - EPOCH
        return {"micros": str(since // datetime.timedelta(microseconds=1))}
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


main(json.loads(sys.argv[1]))
# Native threads of the readers' libraries may abort the interpreter while it ends, after all has been said.
sys.stdout.flush()
os._exit(0)
