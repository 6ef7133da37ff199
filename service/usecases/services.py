"""Everything an edge may call, in one record."""

from dataclasses import dataclass

from service.usecases.aliases import Aliases
from service.usecases.catalogue import Catalogue
from service.usecases.datasets import Datasets
from service.usecases.exports import Exports
from service.usecases.inference import Inference
from service.usecases.lineage import Lineage
from service.usecases.repository import Repository
from service.usecases.reproductions import Reproductions
from service.usecases.training import Training


@dataclass(frozen=True)
class Services:
    """The use cases; the composition root builds them, the edges translate to them and do nothing more."""

    datasets: Datasets
    training: Training
    reproductions: Reproductions
    catalogue: Catalogue
    aliases: Aliases
    lineage: Lineage
    inference: Inference
    exports: Exports
    repository: Repository
