"""Asks gRPC servers what can be called, with grpcio's reflection client and the key of the page: read_reflection.py HOST:PORT…

Prints for each a document of services and their methods.
"""

import json
import os
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


class WithKey(grpc.StreamStreamClientInterceptor):
    def intercept_stream_stream(self, continuation, details, requests):
        return continuation(details._replace(metadata=[("authorization", f"Bearer {os.environ['KEY']}")]), requests)


def read(address):
    database = ProtoReflectionDescriptorDatabase(grpc.intercept_channel(grpc.insecure_channel(address), WithKey()))
    pool = DescriptorPool(database)
    return {name: [method.name for method in pool.FindServiceByName(name).methods] for name in database.get_services()}


print(json.dumps([read(address) for address in sys.argv[1:]]))
