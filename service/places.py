"""Where a service listens: a socket for each protocol, of its own or shared by several workers."""

import socket
from dataclasses import dataclass

from service.errors import Unavailable
from service.settings import Settings

BACKLOG = 1024


@dataclass(frozen=True)
class Place:
    """The sockets of REST and gRPC, which listen; of the workers that share them one is `first`."""

    rest: socket.socket
    grpc: socket.socket
    first: bool = True


def place(settings: Settings) -> Place:
    """For a service of one process; Unavailable if a port is taken."""
    rest = listening(settings.host, settings.port)
    try:
        return Place(rest, listening(settings.host, settings.grpc_port, protocol="gRPC"))
    except Unavailable:
        rest.close()
        raise


def listening(host: str, port: int, *, protocol: str = "REST") -> socket.socket:
    """A socket that listens; connections wait in it until a worker takes them, also while one is started anew."""
    try:
        return socket.create_server((_bare(host), port), family=_family(host), backlog=BACKLOG)
    except OSError as error:
        raise Unavailable(f"{protocol} cannot listen on {host}, port {port}: {error.strerror}.") from error


def port_of(listener: socket.socket) -> int:
    """The port, also where a free one was taken."""
    return int(listener.getsockname()[1])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _bare(host: str) -> str:
    return host.strip("[]")
