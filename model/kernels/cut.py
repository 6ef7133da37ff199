"""How a correlation is cut into tiles for Toom-Cook filtering: by the fewest products for its length.

A tile is n steps, m outputs apart. A kernel of up to seven taps is one piece; or it is cut into pieces of m taps, and
the piece p of tile j meets the transform of tile j + p, so every tile is transformed once, whatever the kernel's
length. With a dilation d the steps fall into d phases that do not see each other: a tile's steps are d apart, and the d
tiles of a row of phases stand side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.kernels.toom_cook import MOST_POINTS

SHORT, LONGEST = 5, 7
"""Kernels of up to five taps are filtered at eight points: more save little. Those of up to seven are one piece yet."""

PIECES = (4, 5)
"""A longer kernel is cut into pieces of four taps at seven points, or of five at nine."""


@dataclass(frozen=True)
class Cut:
    """A correlation over `length` outputs: `pieces` of `taps`, tiles of `step` outputs each."""

    taps: int
    pieces: int
    step: int
    dilation: int
    length: int

    @classmethod
    def of(cls, kernel: int, dilation: int, length: int) -> Cut:
        """The one with the fewest products; of equals, the one with the fewest points, which rounds least."""
        if kernel <= LONGEST:
            points = MOST_POINTS - 1 if kernel <= SHORT else MOST_POINTS
            return cls(kernel, 1, points + 1 - kernel, dilation, length)
        cuts = [cls(taps, -(-kernel // taps), taps, dilation, length) for taps in PIECES]
        return min(cuts, key=lambda cut: (cut.products, cut.points))

    @property
    def points(self) -> int:
        return self.step + self.taps - 1

    @property
    def count(self) -> int:
        """Tiles of a phase."""
        longest_phase = -(-self.length // self.dilation)
        return -(-longest_phase // self.step)

    @property
    def products(self) -> int:
        """Multiplications for each case and pair of channels; directly it would be length * kernel."""
        return self.points * self.pieces * self.count * self.dilation

    @property
    def apart(self) -> int:
        """Steps from a tile to the next of its phase."""
        return self.step * self.dilation

    @property
    def whole(self) -> int:
        """Tiles whose outputs all exist, in every phase."""
        return self.length // self.apart

    def reach_right(self, left: int, source_length: int) -> int:
        """Zeros that the last tile reads behind the series."""
        last_tile = self.count + self.pieces - 2
        last = self.dilation - 1 + self.dilation * (last_tile * self.step + self.points - 1) - left
        return max(0, last - source_length + 1)

    def tails(self) -> list[tuple[slice, int]]:
        """What is left behind the whole tiles: phases, and how many outputs of one more tile each of them has.

        None, too: a tile without outputs has no gradient, and that must be written.
        """
        rows, longer = divmod(self.length - self.whole * self.apart, self.dilation)
        groups = [(slice(0, longer), rows + 1), (slice(longer, self.dilation), rows)]
        return [(phases, outputs) for phases, outputs in groups if phases.stop > phases.start]
