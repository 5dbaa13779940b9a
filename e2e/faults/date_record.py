"""Writes one record with a time of the writer's choice:  date_record.py BROKERS TOPIC TIMESTAMP_MS VALUE

Prints its partition and its offset.
"""

import sys

from confluent_kafka import Producer

brokers, topic, timestamp_ms, value = sys.argv[1:5]
producer = Producer({"bootstrap.servers": brokers})
written = []
producer.produce(topic, value, value, timestamp=int(timestamp_ms), on_delivery=lambda error, message: written.append((error, message)))
producer.flush(30)
[(error, message)] = written
if error is not None:
    sys.exit(str(error))
print(message.partition(), message.offset())
