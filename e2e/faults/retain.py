"""Has a topic keep its records for so long, in pieces of a sixth of that:  retain.py BROKERS TOPIC MS"""

import sys

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

brokers, topic, ms = sys.argv[1], sys.argv[2], int(sys.argv[3])
wanted = {"retention.ms": ms, "segment.ms": ms // 6}
entries = [ConfigEntry(name, str(value), incremental_operation=AlterConfigOpType.SET) for name, value in wanted.items()]
resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
admin = AdminClient({"bootstrap.servers": brokers})
for done in admin.incremental_alter_configs([resource]).values():
    done.result(timeout=10)
