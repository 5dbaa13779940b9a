"""The oracle on tampered dead letters: those of the topic against the raw records, those of the lake against the topic."""

import json
import unittest
from dataclasses import replace
from datetime import date, datetime, timezone

from dead_letters import check_dead_letters, check_dead_rows
from kafka_log import Record
from lake import check_places

RAW = [
    Record("raw", 2, 0, 0, b"key", b'{"id": "a", "n": 1}', {"mine": b"yes", "odd": b"\xff", "identity": b"forged", "dlq_time": b"forged"}),
    Record("raw", 2, 1, 0, b"key", b'{"id": "a", "n": 1}', {"mine": b"yes"}),
    Record("raw", 2, 2, 0, b"\0\0\0\0", None, {}),
    Record("raw", 2, 3, 0, b"key", b"x" * 5_000, {}),
    Record("raw", 2, 4, 0, b"key", b"{}", {"large": b"x" * 2_000, "mine": b"yes"}),
]


def letter(source, offset, reason, value, headers, key=None):
    own = {"dlq_reason": reason, "dlq_origin_topic": b"raw", "dlq_origin_partition": b"2", "dlq_origin_offset": b"%d" % source.offset,
           "dlq_service": b"enricher", "dlq_service_version": b"1", "dlq_time": b"2026-11-24T10:00:00.123Z"}
    return Record("dlq", 2, offset, 1_795_514_400_250, key, value, {**own, **headers})


DLQ = [
    letter(RAW[0], 0, b"contract", RAW[0].value, {"mine": b"yes", "odd": b"\xff", "dlq_pointer": b"/data/n", "dlq_message": b"expected a string"}, b"key"),
    letter(RAW[1], 2, b"repeat", b"", {"mine": b"yes", "dlq_first_partition": b"2", "dlq_first_offset": b"0"}, b"key"),
    letter(RAW[2], 3, b"null_value", None, {"dlq_key": b"AAAAAA==", "dlq_message": b"no value"}),
    letter(RAW[3], 4, b"too_large", None, {"dlq_message": b"too large (the value of 5000 bytes does not fit here: read it at its origin)"}, b"key"),
    letter(RAW[4], 5, b"headers", b"{}", {"mine": b"yes"}, b"key"),
]


class DeadLetters(unittest.TestCase):
    def found(self, index, *, headers=None, **changes):
        """The problem of the dead letter that was tampered with; there must be one, and no other."""
        changed = replace(DLQ[index], **changes, headers={**DLQ[index].headers, **(headers or {})})
        problems = check_dead_letters(RAW, [*DLQ[:index], changed, *DLQ[index + 1 :]])
        self.assertEqual(len(problems), 1, problems)
        self.assertTrue(problems[0].startswith(f"dlq 2/{DLQ[index].offset}: "), problems)
        return problems[0]

    def test_finds_nothing_in_intact_ones(self):
        self.assertEqual(check_dead_letters(RAW, DLQ), [])

    def test_finds_another_value(self):
        self.assertIn("differs from that of its raw record", self.found(0, value=b'{"id": "a", "n": 2}'))
        self.assertIn("value None differs", self.found(0, value=None))
        self.assertIn("value b'' differs", self.found(2, value=b""))
        self.assertIn("value None differs", self.found(3, headers={"dlq_message": b"too large"}))
        self.assertIn("leaves out a value of 4 bytes", self.found(3, headers={"dlq_message": b"the value of 4 bytes does not fit here"}))
        self.assertIn("a repeat has the value", self.found(1, value=RAW[1].value))

    def test_finds_another_key(self):
        self.assertIn("key b'other' differs", self.found(0, key=b"other"))
        self.assertIn("key None differs", self.found(1, key=None))
        self.assertIn("key b'\\x00\\x00\\x00' differs", self.found(2, headers={"dlq_key": b"AAAA"}))

    def test_finds_headers_that_are_missing_changed_or_of_nobody(self):
        for index in (0, 1):
            self.assertIn("headers", self.found(index, headers={"mine": b"no"}))
            self.assertIn("headers", self.found(index, headers={"more": b""}))
        self.assertTrue(check_dead_letters(RAW, [letter(RAW[0], 0, b"contract", RAW[0].value, {"mine": b"yes"}, b"key")]))

    def test_finds_another_origin(self):
        self.assertIn("names the origin", self.found(0, headers={"dlq_origin_partition": b"1"}))
        self.assertIn("names the origin", self.found(0, headers={"dlq_origin_topic": b"enriched"}))
        self.assertIn("in partition b'1'", self.found(1, headers={"dlq_first_partition": b"1"}))


def row(record, **columns):
    nothing = dict.fromkeys(("pointer", "message", "contract", "identity", "first_partition", "first_offset"))
    return {
        **nothing, "dead_letter_id": f"dlq/2/{record.offset}", "reason": record.headers["dlq_reason"].decode(), "service": "enricher",
        "service_version": "1", "dead_letter_time": datetime(2026, 11, 24, 10, 0, 0, 123_000, timezone.utc), "event_date": date(2026, 11, 24),
        "origin_topic": "raw", "origin_partition": 2, "origin_offset": int(record.headers["dlq_origin_offset"]), "key": b"key",
        "value": record.value, "headers": '{"mine":"yes"}', "kafka_timestamp": datetime(2026, 11, 24, 10, 0, 0, 250_000, timezone.utc),
        "kafka_topic": "dlq", "kafka_partition": 2, "kafka_offset": record.offset, **columns,
    }  # fmt: skip


class DeadRows(unittest.TestCase):
    def setUp(self):
        self.rows = [
            row(DLQ[0], pointer="/data/n", message="expected a string", headers='{"mine":"yes","odd":{"base64":"/w=="}}'),
            row(DLQ[1], value=None, first_partition=2, first_offset=0),
            row(DLQ[2], key=b"\0\0\0\0", message="no value", headers="{}"),
            row(DLQ[3], message=DLQ[3].headers["dlq_message"].decode(), headers="{}"),
            row(DLQ[4]),
        ]

    def problems(self, rows):
        return [*check_places("dead_letters", rows, DLQ), *check_dead_rows(rows, DLQ)]

    def test_finds_nothing_in_intact_ones(self):
        self.assertEqual(self.problems(self.rows), [])

    def test_finds_one_that_is_lost_doubled_or_invented(self):
        self.assertEqual(self.problems(self.rows[1:]), ["dead_letters lacks the record 2/0: lost"])
        self.assertEqual(self.problems([*self.rows, self.rows[0]]), ["dead_letters holds 2/0 2 times: doubled"])
        invented = {**self.rows[0], "kafka_offset": 9}
        self.assertEqual(self.problems([*self.rows, invented]), ["dead_letters holds 2/9, which is not in the topic: invented"])

    def test_finds_every_column_that_is_changed_or_empty(self):
        for index, whole in enumerate(self.rows):
            for name in whole.keys() - {"kafka_partition", "kafka_offset"}:
                kind = type(whole[name])
                other = {str: "{}" if whole[name] != "{}" else '{"a":"b"}', bytes: b"other", int: 77, type(None): "something"}.get(kind, whole[name] and datetime(2020, 1, 1, tzinfo=timezone.utc))
                for value in {other, None} - {whole[name]}:
                    problems = self.problems([*self.rows[:index], {**whole, name: value}, *self.rows[index + 1 :]])
                    self.assertEqual(len(problems), 1, (name, value))
                    self.assertIn(f"column {name} is", problems[0])

    def test_finds_a_row_that_is_another_event(self):
        swapped = [{**self.rows[0], "value": json.dumps({"id": "b"}).encode()}, *self.rows[1:]]
        self.assertTrue(any("column value is" in p for p in self.problems(swapped)))


if __name__ == "__main__":
    unittest.main()
