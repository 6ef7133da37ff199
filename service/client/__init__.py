"""The REST interface as Python calls: what the command line, the demo and the examples speak through."""

from service.client.connection import Json
from service.client.datasets import DatasetCalls
from service.client.errors import ClientError, Refused, Unreachable
from service.client.events import Event, events
from service.client.jobs import JobCalls
from service.client.models import ModelCalls

__all__ = ["Client", "ClientError", "Event", "Json", "Refused", "Unreachable", "events"]


class Client(DatasetCalls, JobCalls, ModelCalls):
    """Calls one server; owns its connections."""
