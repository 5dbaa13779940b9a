"""Asks a gRPC server what can be called, with grpcio's own reflection client: ask_reflection.py HOST:PORT"""

import json
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

database = ProtoReflectionDescriptorDatabase(grpc.insecure_channel(sys.argv[1]))
pool = DescriptorPool(database)
event = pool.FindMessageTypeByName("io.cloudevents.v1.CloudEvent")
attributes = event.fields_by_name["attributes"].message_type
value = attributes.fields_by_name["value"].message_type
print(json.dumps({
    "services": sorted(database.get_services()),
    "methods": [method.name for method in pool.FindServiceByName("sluice.collector.v1.Collector").methods],
    "isMap": attributes.GetOptions().map_entry and attributes.name == "AttributesEntry",
    "hasPresence": pool.FindMessageTypeByName("sluice.collector.v1.Result").fields_by_name["partition"].has_presence,
    "timestamp": value.fields_by_name["ce_timestamp"].message_type.full_name,
}))
