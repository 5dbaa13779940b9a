"""Scores the golden rows of a model by onnxruntime and by tritonclient in each of its ways, and makes mistakes on purpose.

Usage: triton.py HTTP_ADDRESS GRPC_ADDRESS FOLDER_OF_THE_MODEL. Prints one JSON document.
"""

import json
import pathlib
import sys

import grpc
import numpy
import onnxruntime
import tritonclient.grpc
import tritonclient.http
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

NAME = "arrival-delay"


def main(http_address, grpc_address, folder):
    golden = json.loads((pathlib.Path(folder) / "golden.json").read_text())
    rows = numpy.array([[numpy.nan if x is None else x for x in row] for row in golden["rows"]], dtype=numpy.float32)
    http = tritonclient.http.InferenceServerClient(http_address)
    rpc = tritonclient.grpc.InferenceServerClient(grpc_address)
    return {
        "golden": golden["scores"],
        "onnxruntime": by_onnxruntime(folder, rows),
        "scores": {
            "HTTP, binary": by_http(http, rows, binary=True),
            "HTTP, JSON": by_http(http, rows, binary=False),
            "HTTP, compressed": by_http(http, rows, binary=True, response_compression_algorithm="gzip"),
            "gRPC, raw": by_grpc(rpc, rows),
            "gRPC, typed": by_typed_grpc(grpc_address, rows),
        },
        "ready": [client.is_server_live() and client.is_server_ready() and client.is_model_ready(NAME, "1") for client in (http, rpc)],
        "unknown is ready": [client.is_model_ready("nobody") for client in (http, rpc)],
        "metadata": [http.get_model_metadata(NAME), rpc.get_model_metadata(NAME, as_json=True)],
        "server": [http.get_server_metadata()["name"], rpc.get_server_metadata().name],
        "config": [http.get_model_config(NAME)["max_batch_size"], rpc.get_model_config(NAME).config.max_batch_size],
        "index": [http.get_model_repository_index()[0]["name"], rpc.get_model_repository_index().models[0].name],
        "errors": {
            "unknown model": failures(http, rpc, model="nobody", rows=rows),
            "unknown version": failures(http, rpc, version="99", rows=rows),
            "wrong width": failures(http, rpc, rows=rows[:, :3]),
            "wrong type": failures(http, rpc, rows=rows.astype(numpy.float64)),
            "wrong input": failures(http, rpc, rows=rows, tensor="nothing"),
        },
    }


def by_onnxruntime(folder, rows):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(pathlib.Path(folder) / "model.onnx"), options)
    return session.run(None, {"features": rows})[0].flatten().tolist()


def by_http(client, rows, binary, **options):
    features = tritonclient.http.InferInput("features", rows.shape, "FP32")
    features.set_data_from_numpy(rows, binary_data=binary)
    wanted = tritonclient.http.InferRequestedOutput("probability", binary_data=binary)
    return client.infer(NAME, [features], outputs=[wanted], **options).as_numpy("probability").flatten().tolist()


def by_grpc(client, rows):
    features = tritonclient.grpc.InferInput("features", rows.shape, "FP32")
    features.set_data_from_numpy(rows)
    return client.infer(NAME, [features]).as_numpy("probability").flatten().tolist()


def by_typed_grpc(address, rows):
    """With the stub that tritonclient brings along: its own client sends raw tensors only."""
    request = service_pb2.ModelInferRequest(model_name=NAME)
    tensor = request.inputs.add(name="features", datatype="FP32", shape=rows.shape)
    tensor.contents.fp32_contents.extend(rows.flatten().tolist())
    answer = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address)).ModelInfer(request)
    return list(answer.outputs[0].contents.fp32_contents)


def failures(http, rpc, rows, model=NAME, version="", tensor="features"):
    """Status and message of each library for the same mistake."""
    found = []
    for library, client in ((tritonclient.http, http), (tritonclient.grpc, rpc)):
        datatype = "FP64" if rows.dtype == numpy.float64 else "FP32"
        features = library.InferInput(tensor, rows.shape, datatype)
        features.set_data_from_numpy(rows)
        try:
            client.infer(model, [features], model_version=version)
            found.append(["accepted", ""])
        except InferenceServerException as error:
            found.append([error.status(), error.message()])
    return found


print(json.dumps(main(*sys.argv[1:])))
