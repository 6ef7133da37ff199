"""The gRPC server: its services, its limits, and its address."""

from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from api_schemas.generated import inference_pb2, wavetap_pb2
from service.edge.context import EdgeContext
from service.rpc.aliases import AliasMethods
from service.rpc.datasets import DatasetMethods
from service.rpc.gate import Gate
from service.rpc.handlers import handlers
from service.rpc.health import HealthMethods
from service.rpc.http2.server import Server
from service.rpc.http2.streams import Offer
from service.rpc.inference import InferenceMethods
from service.rpc.lineage import LineageMethods
from service.rpc.models import ModelMethods
from service.rpc.reflection import ReflectionMethods
from service.rpc.repository import RepositoryMethods
from service.rpc.training_jobs import TrainingJobMethods

STREAMS_A_CONNECTION = 256
"""How many calls one connection may have open; more wait at the client."""

UNENDED_MESSAGES, UNENDED_BYTES = 8, 64 << 20
"""Requests that are not whole hold so many of the largest messages together, and so many bytes at least."""

INFERENCE: ServiceDescriptor = inference_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
TRAINING: ServiceDescriptor = wavetap_pb2.DESCRIPTOR.services_by_name["TrainingService"]
HEALTH: ServiceDescriptor = health_pb2.DESCRIPTOR.services_by_name["Health"]
REFLECTION: ServiceDescriptor = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]


def grpc_server(edge: EdgeContext, max_message_bytes: int) -> Server:
    """A server with every service on it; its caller starts it."""
    ours = frozenset({INFERENCE.full_name, TRAINING.full_name})
    parts = (
        DatasetMethods(edge),
        TrainingJobMethods(edge),
        ModelMethods(edge),
        AliasMethods(edge),
        LineageMethods(edge),
    )
    training = {name: method for part in parts for name, method in part.table().items()}
    gate = Gate(edge)
    methods = {
        **handlers(gate, INFERENCE, {**InferenceMethods(edge).table(), **RepositoryMethods(edge).table()}),
        **handlers(gate, TRAINING, training),
        **handlers(gate, HEALTH, HealthMethods(edge.lifecycle, ours).table()),
        **handlers(gate, REFLECTION, ReflectionMethods([*ours, HEALTH.full_name, REFLECTION.full_name]).table()),
    }
    unended = max(UNENDED_MESSAGES * max_message_bytes, UNENDED_BYTES)
    return Server(Offer(methods, max_message_bytes, STREAMS_A_CONNECTION, unended))
