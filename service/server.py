"""The running service: both listeners on one event loop, and an end in good order."""

import asyncio
import signal
import socket

import uvicorn
from starlette.types import ASGIApp

from service.edge.context import EdgeContext
from service.jobs.supervisor import Supervisor
from service.places import BACKLOG, Place, port_of
from service.rest.application import application
from service.rest.connection import BoundedConnection
from service.rpc.server import grpc_server
from service.settings import Settings
from service.telemetry.logs import logger

IDLE_SECONDS = 30
"""How long a connection that asks for nothing is kept."""
LOOK_EVERY_SECONDS = 0.005


async def run(settings: Settings, edge: EdgeContext, supervisor: Supervisor, place: Place) -> None:
    """Serve until SIGTERM or SIGINT, then let what was begun come to its end."""
    rpc = grpc_server(edge, settings.max_grpc_message_bytes)
    grpc_port = port_of(place.grpc)
    http = uvicorn.Server(_configuration(application(edge), settings.shutdown_seconds))
    serving = asyncio.create_task(http.serve([place.rest]))
    await rpc.start(place.grpc)
    while not http.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    stopped = _stop_signals()  # after uvicorn has set its own, which they replace
    if settings.running_jobs:
        supervisor.start()
    logger().info("serving", http=_url(place.rest), grpc=f"{settings.host}:{grpc_port}", data=str(settings.data_dir))
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()

    logger().info("draining", running_jobs=supervisor.running)
    edge.lifecycle.drain()
    await asyncio.gather(rpc.stop(settings.shutdown_seconds), asyncio.to_thread(supervisor.drain))
    http.should_exit = True
    await serving
    logger().info("ended")


def _configuration(app: ASGIApp, shutdown_seconds: float) -> uvicorn.Config:
    """Configure uvicorn without its own logs, headers and loop; the gate before the routes tells of every request."""
    return uvicorn.Config(
        app,
        loop="none",
        http=BoundedConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=max(1, round(shutdown_seconds)),
    )


def _stop_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
