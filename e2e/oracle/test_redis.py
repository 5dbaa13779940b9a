"""The oracle on tampered dumps of Redis: the good one is written out by hand from the words of schemas/realtime.yaml."""

import json
import unittest

from kafka_log import Record
from redis_fold import check_redis, text

MINUTE = 1_795_514_400_000  # 2026-11-24T10:00Z
DAY = 86_400_000


def enriched(offset, event_type, data, time, after_ms):
    event = {"type": event_type, "time": time, "receivedtime": "2026-11-24T09:59:59.5Z", "data": data}
    return Record("enriched", 3, offset, MINUTE + after_ms, b"F1", json.dumps(event).encode(), {})


FLIGHT = {"flight_id": "F1", "carrier": "UA", "flight_number": 1545, "tail_number": "N1", "origin": "EWR", "destination": "IAH"}
PREDICTED = {"arrival_delay": {"probability": 0.25, "model": "arrival-delay", "version": "1"}}
SCHEDULED = {**FLIGHT, "scheduled_departure": "2013-09-01T10:00:00Z", "scheduled_arrival": "2013-09-02T01:00:00Z", "distance_miles": 1400.5}
LANDED = {**FLIGHT, "tail_number": None, "scheduled_arrival": "2013-09-02T01:00:00Z", "landed_at": "2013-09-02T01:05:00Z", "arrival_delay_minutes": 5}
EVENTS = [
    enriched(0, "flight.scheduled.v1", {**SCHEDULED, "enrichment": PREDICTED}, "2013-09-01T08:00:00Z", 1_000),
    enriched(1, "flight.landed.v1", LANDED, "2013-09-02T01:05:00Z", 61_000),
    enriched(2, "weather.observed.v1", {"station": "EWR", "temperature_f": 70.0, "wind_gust_mph": None}, "2013-09-01T08:55:00Z", 62_000),
]
GOOD = {
    "flight:F1": {
        "status": "landed", "as_of": "2013-09-02T01:05:00Z", "carrier": "UA", "flight_number": "1545", "origin": "EWR", "destination": "IAH",
        "scheduled_departure": "2013-09-01T10:00:00Z", "scheduled_arrival": "2013-09-02T01:00:00Z", "distance_miles": "1400.5",
        "late_probability": "0.25", "model": "arrival-delay", "model_version": "1", "landed_at": "2013-09-02T01:05:00Z",
        "arrival_delay_minutes": "5", "expires_at": str(MINUTE + 61_000 + 3 * DAY),
    },
    "weather:EWR": {"temperature_f": "70", "as_of": "2013-09-01T08:55:00Z", "expires_at": str(MINUTE + 62_000 + 3 * DAY)},
    "departures:EWR:2013-09-01": {"F1": f"{MINUTE + 1_000 + 3 * DAY} 2013-09-01T10:00:00Z"},
    "arrivals:IAH:2013-09-02": {"F1": f"{MINUTE + 61_000 + 3 * DAY} 2013-09-02T01:00:00Z"},
    "predictions:3": {
        "0": '{"flight_id":"F1","origin":"EWR","destination":"IAH","scheduled_departure":"2013-09-01T10:00:00Z",'
        '"scheduled_arrival":"2013-09-02T01:00:00Z","late_probability":"0.25","model":"arrival-delay","model_version":"1",'
        '"received_at":"2026-11-24T09:59:59.5Z"}',
        "count": "1", "expires_at": str(MINUTE + 1_000 + 3 * DAY),
    },
    "counts:2026-11-24T10:00Z": {"flight.scheduled.v1": "1", "expires_at": str(MINUTE + 60_000 + DAY)},
    "counts:2026-11-24T10:01Z": {"flight.landed.v1": "1", "weather.observed.v1": "1", "expires_at": str(MINUTE + 120_000 + DAY)},
}  # fmt: skip


class Redis(unittest.TestCase):
    def test_finds_nothing_in_an_intact_dump(self):
        self.assertEqual(check_redis(GOOD, EVENTS), [])

    def test_finds_a_key_that_is_gone_and_one_that_no_event_made(self):
        for key in GOOD:
            self.assertEqual(check_redis({k: v for k, v in GOOD.items() if k != key}, EVENTS), [f"redis lacks {key}"])
        self.assertEqual(check_redis({**GOOD, "flight:F2": {}}, EVENTS), ["redis holds flight:F2, which no event made"])
        self.assertEqual(len(check_redis({}, EVENTS)), len(GOOD))

    def test_finds_every_field_that_is_removed_changed_or_added(self):
        for key, fields in GOOD.items():
            for name, value in fields.items():
                removed = {**GOOD, key: {n: v for n, v in fields.items() if n != name}}
                self.assertEqual(check_redis(removed, EVENTS), [f"redis {key} {name}: stored None, folded {value!r}"])
                changed = {**GOOD, key: {**fields, name: f"{value}1"}}
                self.assertEqual(check_redis(changed, EVENTS), [f"redis {key} {name}: stored {f'{value}1'!r}, folded {value!r}"])
            added = {**GOOD, key: {**fields, "more": "1"}}
            self.assertEqual(check_redis(added, EVENTS), [f"redis {key} more: stored '1', folded None"])

    def test_finds_what_an_event_did_that_is_not_in_the_topic(self):
        for index in range(len(EVENTS)):
            self.assertTrue(check_redis(GOOD, [*EVENTS[:index], *EVENTS[index + 1 :]]))
        self.assertTrue(check_redis(GOOD, [*EVENTS, EVENTS[2]]))

    def test_prints_numbers_as_javascript_does(self):
        numbers = "1e-7 0.000001 0.0000123 0.1 70 -70.5 0 100000000000000000000 1e+21 1.5e+300 -2.5e-9"
        self.assertEqual([text(float(one)) for one in numbers.split()], numbers.split())
        self.assertEqual([text(one) for one in (-0.0, 5, True)], ["0", "5", "true"])


if __name__ == "__main__":
    unittest.main()
