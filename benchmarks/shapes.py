"""What is measured: layers, series, batches. The quick run takes some of each, the full run all."""

from __future__ import annotations

from dataclasses import dataclass

CLASSES = 4
RECIPES = ("fcn", "resnet", "inception", "lite", "tcn")


@dataclass(frozen=True)
class LayerShape:
    """One convolution over (batch, inputs, length); "same" padding, with a bias."""

    batch: int
    length: int
    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    quick: bool = False

    def __str__(self) -> str:
        extras = (("stride", self.stride), ("dilation", self.dilation))
        kind = "depthwise" if self.groups > 1 else f"{self.inputs} → {self.outputs}"
        width = f" of {self.inputs}" if self.groups > 1 else ""
        rest = "".join(f", {name} {value}" for name, value in extras if value > 1)
        return f"{kind}{width}, kernel {self.kernel}{rest}; {self.batch} x {self.length} steps"


@dataclass(frozen=True)
class SeriesShape:
    """Series as they come: `channels` x `length`, `batch` at a time."""

    channels: int
    length: int
    batch: int

    def __str__(self) -> str:
        return f"{self.channels} x {self.length}, batch {self.batch}"

    @property
    def steps(self) -> int:
        """Steps of all cases."""
        return self.batch * self.length


LAYERS = (
    LayerShape(16, 187, 1, 128, 8, quick=True),
    LayerShape(16, 1000, 12, 128, 8),
    LayerShape(64, 24, 8, 32, 3, quick=True),
    LayerShape(16, 100, 64, 64, 3),
    LayerShape(16, 100, 128, 256, 5, quick=True),
    LayerShape(64, 100, 256, 128, 3),
    LayerShape(16, 1000, 128, 128, 8),
    LayerShape(16, 100, 32, 32, 40, quick=True),
    LayerShape(16, 1000, 32, 32, 10),
    LayerShape(16, 100, 128, 32, 1),
    LayerShape(16, 256, 64, 128, 5, stride=2, quick=True),
    LayerShape(16, 100, 64, 64, 3, dilation=8, quick=True),
    LayerShape(16, 100, 32, 32, 20, groups=32, quick=True),
    LayerShape(16, 1000, 64, 64, 8, groups=64),
)

SERIES = ((6, 100), (1, 187), (12, 1000), (128, 256))
QUICK_SERIES = ((6, 100), (1, 187))
BATCHES = (16, 64)
INFERENCE_BATCHES = (1, 8, 32, 128)
QUICK_INFERENCE_BATCHES = (1, 8, 32)

COMPILED = (
    *((recipe, SeriesShape(6, 100, 16)) for recipe in RECIPES),
    ("fcn", SeriesShape(12, 1000, 16)),
    ("resnet", SeriesShape(12, 1000, 16)),
)
"""Few, because torch.compile takes from half a minute to two minutes for each network and shape."""
QUICK_COMPILED = (("fcn", SeriesShape(6, 100, 16)),)

MEMORY = (SeriesShape(6, 100, 64), SeriesShape(12, 1000, 16))


def layers(*, quick: bool) -> tuple[LayerShape, ...]:
    """The single layers of a run."""
    return tuple(layer for layer in LAYERS if layer.quick or not quick)


def training(*, quick: bool) -> list[tuple[str, SeriesShape]]:
    """Recipes and what they are trained on."""
    series, batches = (QUICK_SERIES, BATCHES[:1]) if quick else (SERIES, BATCHES)
    return [
        (recipe, SeriesShape(channels, length, batch))
        for recipe in RECIPES
        for channels, length in series
        for batch in batches
    ]


def inference(*, quick: bool) -> list[tuple[str, SeriesShape]]:
    """Recipes and what they are asked."""
    series, batches = (QUICK_SERIES[:1], QUICK_INFERENCE_BATCHES) if quick else (SERIES, INFERENCE_BATCHES)
    return [
        (recipe, SeriesShape(channels, length, batch))
        for recipe in RECIPES
        for channels, length in series
        for batch in batches
    ]


def forward(*, quick: bool) -> list[SeriesShape]:
    """What the FCN's share of the machine's matrix products is measured on."""
    return [
        SeriesShape(channels, length, batch)
        for channels, length in (QUICK_SERIES if quick else SERIES)
        for batch in ((16,) if quick else (1, 16, 64))
    ]


def compiled(*, quick: bool) -> tuple[tuple[str, SeriesShape], ...]:
    """What is also trained by torch.compile."""
    return QUICK_COMPILED if quick else COMPILED


def memory(*, quick: bool) -> list[tuple[str, SeriesShape]]:
    """What is trained in a process of its own, to see its peak memory."""
    return [(recipe, shape) for recipe in RECIPES for shape in (MEMORY[:1] if quick else MEMORY)]
