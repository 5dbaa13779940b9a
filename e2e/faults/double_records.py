"""Writes what a topic holds once more, as a broker that has lost its markers would show it:  double_records.py BROKERS TOPIC COUNT

The last COUNT records of each partition, with key, value and headers, in one transaction of a producer that nobody knows.
Prints how many they were.
"""

import sys
from collections import defaultdict
from pathlib import Path
from uuid import uuid4

from confluent_kafka import Producer

sys.path.append(str(Path(__file__).parents[1] / "oracle"))
from kafka_log import read_topic

brokers, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
by_partition = defaultdict(list)
for record in read_topic(brokers, topic):
    by_partition[record.partition].append(record)
producer = Producer({"bootstrap.servers": brokers, "transactional.id": f"foreign-{uuid4()}"})
producer.init_transactions(30)
producer.begin_transaction()
doubled = [record for records in by_partition.values() for record in records[-count:]]
for record in doubled:
    producer.produce(topic, record.value, record.key, record.partition, headers=list(record.headers.items()))
producer.commit_transaction(30)
print(len(doubled))
