"""The alias methods of `wavetap.v1.TrainingService`."""

from collections.abc import Callable
from typing import Any

from google.protobuf import empty_pb2

from api_schemas.generated import wavetap_pb2 as pb
from service.domain.aliases import Alias
from service.edge import model_views
from service.edge.context import EdgeContext
from service.rpc.http2.call import Call
from service.rpc.messages import message


class AliasMethods:
    """Points aliases, rolls them back, tells their story and forgets them."""

    def __init__(self, edge: EdgeContext) -> None:
        """Take what to call."""
        self._aliases = edge.services.aliases
        self._lane = edge.lanes.storage

    def table(self) -> dict[str, Callable[..., Any]]:
        """The methods by their names in the proto file."""
        return {
            "GetAlias": self.get,
            "SetAlias": self.point,
            "RollBackAlias": self.roll_back,
            "DeleteAlias": self.remove,
        }

    async def get(self, request: pb.AliasRequest, _call: Call) -> pb.Alias:
        """Show where an alias points, and its story."""
        return _message(await self._lane.run(self._aliases.get, request.model, request.alias))

    async def point(self, request: pb.SetAliasRequest, _call: Call) -> pb.Alias:
        """Point an alias at a version."""
        return _message(await self._lane.run(self._aliases.point, request.model, request.alias, request.version))

    async def roll_back(self, request: pb.RollBackAliasRequest, _call: Call) -> pb.Alias:
        """Point an alias where it pointed before."""
        key = request.idempotency_key or None
        return _message(await self._lane.run(self._aliases.roll_back, request.model, request.alias, key))

    async def remove(self, request: pb.AliasRequest, _call: Call) -> empty_pb2.Empty:
        """Forget an alias."""
        await self._lane.run(self._aliases.remove, request.model, request.alias)
        return empty_pb2.Empty()


def _message(record: Alias) -> pb.Alias:
    return message(model_views.alias(record), pb.Alias())
