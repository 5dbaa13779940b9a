"""Deletes what a topic holds, up to its end, as retention would:  delete_records.py BROKERS TOPIC"""

import sys

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

brokers, topic = sys.argv[1:3]
admin = AdminClient({"bootstrap.servers": brokers})
everything = [TopicPartition(topic, partition, -1) for partition in range(6)]
for at, done in admin.delete_records(everything).items():
    print(f"{at.partition} {done.result(timeout=10).low_watermark}")
