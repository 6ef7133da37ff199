"""An ensemble as one network: members side by side over the same series, and their consensus.

The five networks of InceptionTime (Ismail Fawaz et al. 2020) are one network like any other, so whatever can be done
with a network, from serving to export, can be done with an ensemble of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from model.errors import InvalidSpec
from model.layers.consensus import Consensus
from model.layers.parallel import Parallel
from model.network import Network

if TYPE_CHECKING:
    from model.pipeline import Pipeline


def ensemble(members: Sequence[Network], *, classifies: bool) -> Network:
    """The network whose probabilities, or else values, are the mean of those of its members.

    Members take the same series and give as many outputs; their parameters are copied, one member after another.
    """
    if not members:
        raise InvalidSpec("an ensemble needs a member at least")
    first = members[0]
    for index, member in enumerate(members[1:], start=1):
        if (member.shape, member.output) != (first.shape, first.output):
            raise InvalidSpec(
                f"member {index} turns {member.shape} into {member.output}, but member 0 turns {first.shape} into "
                f"{first.output}; all must do the same"
            )
    layers = (
        Parallel(tuple(member.layers for member in members)),
        Consensus(len(members), "logits" if classifies else "values"),
    )
    parameters = np.concatenate([member.parameters for member in members])
    state = np.concatenate([member.state for member in members])
    return Network(layers, first.channels, first.length, parameters, state)


def combine(pipelines: Sequence[Pipeline]) -> Pipeline:
    """The pipeline of an ensemble, whose members were trained on the same preprocessing of the same series.

    It keeps the first member's metadata and no temperature. InvalidSpec where anything but networks, temperatures and
    metadata differs.
    """
    if not pipelines:
        raise InvalidSpec("an ensemble needs a member at least")
    first, *others = pipelines
    for index, other in enumerate(others, start=1):
        for name, value in vars(first).items():
            if name not in {"network", "temperature", "metadata"} and not _same(value, vars(other)[name]):
                raise InvalidSpec(
                    f"member {index} has another {name} than member 0; an ensemble needs the same for all"
                )
    members = [pipeline.network for pipeline in pipelines]
    return replace(first, network=ensemble(members, classifies=first.classes is not None), temperature=1.0)


def _same(a: object, b: object) -> bool:
    """Equality of the members of a pipeline: arrays by what is in them, frozen values by their own members."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.array_equal(a, b)
    if hasattr(a, "__dataclass_fields__"):
        return type(a) is type(b) and all(_same(value, vars(b)[name]) for name, value in vars(a).items())
    return a == b
