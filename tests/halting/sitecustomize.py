"""Python reads this as it starts: a first attempt that commits every epoch, and stands still after the one named.

It goes on when it is told to end, or when the file named is there. So a test meets a training in the middle however
quick the training is, and however busy the machine.
"""

import os
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


if HALT_AFTER is not None and sys.argv[-2:] == ["--attempt", "1"]:
    halt_after(int(HALT_AFTER))
