"""The gRPC server: its services, its limits, and its address."""

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from api_schemas.generated import inference_pb2, wavetap_pb2
from service.edge.context import EdgeContext
from service.rpc.aliases import AliasMethods
from service.rpc.datasets import DatasetMethods
from service.rpc.gate import Gate
from service.rpc.handlers import handlers
from service.rpc.health import HealthMethods
from service.rpc.inference import InferenceMethods
from service.rpc.lineage import LineageMethods
from service.rpc.models import ModelMethods
from service.rpc.repository import RepositoryMethods
from service.rpc.training_jobs import TrainingJobMethods

STREAMS_A_CONNECTION = 256
"""How many calls one connection may have open; more wait at the client."""
CALLS_WAITING = 1 << 13
"""How many calls may wait to be taken up, of all connections; on top of that any call is cancelled.

The library's own number is a thousand: as many calls, opened and reset at once, and those of others would be cancelled.
"""

INFERENCE: ServiceDescriptor = inference_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
TRAINING: ServiceDescriptor = wavetap_pb2.DESCRIPTOR.services_by_name["TrainingService"]
HEALTH: ServiceDescriptor = health_pb2.DESCRIPTOR.services_by_name["Health"]
REFLECTION: ServiceDescriptor = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]


def grpc_server(edge: EdgeContext, max_message_bytes: int, *, shared: bool = False) -> grpc.aio.Server:
    """A server with every service on it; it is given an address, which workers share, and started by its caller."""
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.max_send_message_length", max_message_bytes),
            ("grpc.max_concurrent_streams", STREAMS_A_CONNECTION),
            ("grpc.server.max_pending_requests", CALLS_WAITING),
            ("grpc.server.max_pending_requests_hard_limit", CALLS_WAITING),
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
    told = reflection.aio.ReflectionServicer([*ours, HEALTH.full_name, REFLECTION.full_name])  # type: ignore[attr-defined]  # missing in the stubs
    gate = Gate(edge)
    server.add_generic_rpc_handlers(
        (
            handlers(gate, INFERENCE, {**InferenceMethods(edge).table(), **RepositoryMethods(edge).table()}),
            handlers(gate, TRAINING, training),
            handlers(gate, HEALTH, HealthMethods(edge.lifecycle, ours).table()),
            handlers(gate, REFLECTION, {"ServerReflectionInfo": told.ServerReflectionInfo}),
        )
    )
    return server
