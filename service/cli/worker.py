"""One of several workers, as `service.workers` starts them: settings from WAVETAP_*, the sockets as arguments.

It ends when its standard input does: whoever started it holds the other end, and is gone.
"""

import argparse
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence

from service.places import Place
from service.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Serve; the first worker runs the jobs and keeps house for all."""
    options = _parser().parse_args(arguments)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    settings = Settings()
    if options.number:
        settings = settings.model_copy(update={"running_jobs": 0})
    rest, grpc = socket.socket(fileno=options.rest), socket.socket(fileno=options.grpc)
    gc.disable()  # as in `wavetap serve`
    from service.bootstrap import serve

    gc.freeze()
    gc.enable()
    return serve(settings, Place(rest, grpc, first=options.number == 0))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="service.cli.worker", description="One of several workers.")
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--rest", type=int, required=True, help="The descriptor of the socket of REST.")
    parser.add_argument("--grpc", type=int, required=True, help="The descriptor of the socket of gRPC.")
    return parser


def _end_with_parent() -> None:
    """Wait for the end of standard input, then end in good order."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
