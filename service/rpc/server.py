"""The gRPC server: its services, its limits, and its address."""

from collections.abc import Callable, Mapping
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection

from api_schemas.generated import inference_pb2, wavetap_pb2
from service.edge.context import EdgeContext
from service.rpc.aliases import AliasMethods
from service.rpc.datasets import DatasetMethods
from service.rpc.gate import KINDS, Gate
from service.rpc.health import HealthMethods
from service.rpc.inference import InferenceMethods
from service.rpc.lineage import LineageMethods
from service.rpc.models import ModelMethods
from service.rpc.repository import RepositoryMethods
from service.rpc.training_jobs import TrainingJobMethods

STREAMS_A_CONNECTION = 256
"""How many calls one connection may have open; more wait at the client."""

INFERENCE: ServiceDescriptor = inference_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
TRAINING: ServiceDescriptor = wavetap_pb2.DESCRIPTOR.services_by_name["TrainingService"]
HEALTH: ServiceDescriptor = health_pb2.DESCRIPTOR.services_by_name["Health"]


def grpc_server(edge: EdgeContext, max_message_bytes: int, *, shared: bool = False) -> grpc.aio.Server:
    """A server with every service on it; it is given an address, which workers share, and started by its caller."""
    server = grpc.aio.server(
        interceptors=[Gate(edge)],
        options=[
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.max_send_message_length", max_message_bytes),
            ("grpc.max_concurrent_streams", STREAMS_A_CONNECTION),
            ("grpc.so_reuseport", int(shared)),  # a second service on one port is an error, unless it is ours
        ],
    )
    ours = frozenset({INFERENCE.full_name, TRAINING.full_name})
    parts = (
        DatasetMethods(edge),
        TrainingJobMethods(edge),
        ModelMethods(edge),
        AliasMethods(edge),
        LineageMethods(edge),
    )
    training = {name: method for part in parts for name, method in part.table().items()}
    server.add_generic_rpc_handlers(
        (
            handlers(INFERENCE, {**InferenceMethods(edge).table(), **RepositoryMethods(edge).table()}),
            handlers(TRAINING, training),
            handlers(HEALTH, HealthMethods(edge.lifecycle, ours).table()),
        )
    )
    reflection.enable_server_reflection([*ours, HEALTH.full_name, reflection.SERVICE_NAME], server)
    return server


def handlers(
    service: ServiceDescriptor, behaviours: Mapping[str, Callable[..., Any]]
) -> "grpc.GenericRpcHandler[Any, Any]":
    """The behaviours as handlers; a method that the table forgets is a KeyError as soon as the server is made."""
    table = {}
    for method in service.methods:
        make, _ = KINDS[method.client_streaming, method.server_streaming]
        table[method.name] = make(
            behaviours[method.name],
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )
    return grpc.method_handlers_generic_handler(service.full_name, table)
