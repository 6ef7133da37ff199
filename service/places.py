"""Where a service listens: sockets of its own, or those that several workers share."""

import socket
from dataclasses import dataclass

from service.errors import Unavailable
from service.settings import Settings

BACKLOG = 1024


@dataclass(frozen=True)
class Place:
    """The socket of REST, which listens, and the port of gRPC; `shared` with other workers, of which one is `first`."""

    listener: socket.socket
    grpc_port: int
    shared: bool = False
    first: bool = True


def place(settings: Settings) -> Place:
    """For a service of one process; gRPC takes its port itself. Unavailable if the port of REST is taken."""
    return Place(listening(settings.host, settings.port), settings.grpc_port)


def listening(host: str, port: int, *, protocol: str = "REST", shared: bool = False) -> socket.socket:
    """A socket that listens; connections wait in it until a worker takes them, also while one is started anew."""
    try:
        return socket.create_server((_bare(host), port), family=_family(host), backlog=BACKLOG, reuse_port=shared)
    except OSError as error:
        raise Unavailable(f"{protocol} cannot listen on {host}, port {port}: {error.strerror}.") from error


def held(host: str, port: int) -> socket.socket:
    """A socket that keeps a port for workers that share it, and takes no connection itself.

    Whoever listens there already would share it with us unasked, so a plain bind is tried first.
    """
    try:
        with socket.socket(_family(host)) as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind((_bare(host), port))
            port = alone.getsockname()[1]
        shared = socket.socket(_family(host))
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind((_bare(host), port))
    except OSError as error:
        raise Unavailable(f"gRPC cannot listen on {host}, port {port}: {error.strerror}.") from error
    return shared


def port_of(listener: socket.socket) -> int:
    """The port, also where a free one was taken."""
    return int(listener.getsockname()[1])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _bare(host: str) -> str:
    return host.strip("[]")
