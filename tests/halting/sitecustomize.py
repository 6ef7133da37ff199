"""Python reads this as it starts: a first attempt that commits every epoch, and stands still after the one named.

It goes on when it is told to end, or when the file named is there. So a test meets a training in the middle however
quick the training is, and however busy the machine. And a service that is killed when it has made what was asked for
and has not said so yet.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HALT_AFTER = os.environ.get("HALT_AFTER")
GO_ON = Path(os.environ.get("GO_ON", "/"))


def halt_after(epoch: int) -> None:
    from model.training.trainer import EpochReport
    from service.jobs.interruption import Interruption
    from service.jobs.recorder import Recorder

    each = Interruption.each

    def halting(self: Interruption, reports: Iterator[EpochReport]) -> Iterator[EpochReport]:
        for report in each(self, reports):
            yield report
            while report.epoch >= epoch and not (self.hand_back or self.stop or GO_ON.exists()):
                time.sleep(0.005)

    Interruption.each = halting
    Recorder.due = property(lambda _: True)


def killed_before_reply() -> None:
    from starlette.responses import Response

    from service.rest import answers

    reply = answers.created

    def created(*arguments: object, new: bool, **options: object) -> Response:
        if new:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply(*arguments, new=new, **options)  # type: ignore[arg-type]  # handed on as it came

    answers.created = created


if "KILL_BEFORE_REPLY" in os.environ and "serve" in sys.argv:
    killed_before_reply()

if HALT_AFTER is not None and sys.argv[-2:] == ["--attempt", "1"]:
    halt_after(int(HALT_AFTER))
