"""The server: its connections, and an end in good order."""

import asyncio
import socket
import sys

from service.rpc.http2.connection import Connection
from service.rpc.http2.streams import Offer
from service.rpc.http2.unended import Unended

LOOK_EVERY_SECONDS = 0.01
PROBED_WITHIN_SECONDS = 1.0
"""How long an idle peer may take to learn that we end."""

GONE_AFTER_SECONDS = 300
"""How long a peer may say nothing before the network is asked whether it is still there."""


class Server:
    """Serves methods over HTTP/2; TLS is a proxy's work."""

    def __init__(self, offer: Offer) -> None:
        """Take what is offered."""
        self._offer = offer
        self._listeners: list[asyncio.Server] = []
        self._connections: set[Connection] = set()
        self._unended = Unended(offer.unended_bytes)

    async def start(self, listener: socket.socket) -> None:
        """Answer what comes to a socket that listens."""
        loop = asyncio.get_running_loop()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # its connections get it from it
        if sys.platform == "linux":
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, GONE_AFTER_SECONDS)
        self._listeners.append(
            await loop.create_server(lambda: Connection(self._offer, self._connections, self._unended), sock=listener)
        )

    async def stop(self, seconds: float) -> None:
        """Take no more calls; those under way have so many seconds."""
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            listener.close()
        ends, probed = loop.time() + seconds, loop.time() + min(seconds, PROBED_WITHIN_SECONDS)
        # To look is cheaper than an event that each call must set.
        while loop.time() < (ends if self._busy else probed if self._connections else 0):
            for connection in tuple(self._connections):  # one may have been on its way when the listeners closed
                connection.drain()
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        while self._connections:
            for connection in tuple(self._connections):
                connection.abort()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    @property
    def _busy(self) -> bool:
        return not all(connection.idle for connection in self._connections)
