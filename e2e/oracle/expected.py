"""What a period of 2013 must become: counts by SQL over data/, with the bounds of the contracts written out once more.

    expected.py FROM TO      (UTC, events with FROM <= time < TO)
"""

import json
import os
import sys
from pathlib import Path

import duckdb

DATA = Path(__file__).parents[2] / "data"

EVENTS = f"""
with flight as (
  select f.*,
    p.seats < 20 or p.manufactured < 1965 or p.manufactured > 2013 as odd_aircraft
  from '{DATA}/flights.parquet' f left join '{DATA}/planes.parquet' p using (tail_number)
)
select 'flight.scheduled.v1' as type, scheduled_departure - interval 120 minute as time,
  coalesce(odd_aircraft, false) or distance_miles < 50 or scheduled_block_minutes not between 15 and 900 as bad from flight
union all
select 'flight.departed.v1', scheduled_departure + departure_delay_minutes * interval 1 minute,
  departure_delay_minutes not between -120 and 2880 from flight where departure_delay_minutes is not null
union all
select 'flight.landed.v1', scheduled_departure + (scheduled_block_minutes + arrival_delay_minutes) * interval 1 minute,
  arrival_delay_minutes not between -180 and 2880 or coalesce(air_time_minutes not between 10 and 900, false)
  from flight where arrival_delay_minutes is not null
union all
select 'flight.cancelled.v1', scheduled_departure, false from flight where departure_delay_minutes is null
union all
select 'flight.diverted.v1',
  coalesce(diverted_arrival, scheduled_departure + (scheduled_block_minutes + 240) * interval 1 minute), false
  from flight where departure_delay_minutes is not null and arrival_delay_minutes is null
union all
select 'weather.observed.v1', observed_hour + interval 55 minute,
  coalesce(wind_speed_mph > 250, false) or coalesce(wind_gust_mph > 250, false) from '{DATA}/weather.parquet'
"""


def expected(start, end):
    """{type: {"events": n, "bad": n of those that break their contract}}"""
    rows = duckdb.execute(
        f"select type, count(*), count(*) filter (bad) from ({EVENTS}) where time >= ?::timestamptz and time < ?::timestamptz group by type",
        [start, end],
    ).fetchall()
    return {event_type: {"events": events, "bad": bad} for event_type, events, bad in sorted(rows)}


if __name__ == "__main__":
    json.dump(expected(*sys.argv[1:3]), sys.stdout)
    # Native threads of the readers' libraries may abort the interpreter while it ends, after all has been said.
    sys.stdout.flush()
    os._exit(0)
