"""Lineage as its readers see it."""

from collections.abc import Sequence

from service.domain.lineage import DatasetLineage, VersionLineage
from service.registry_ports import LineageStore


class Lineage:
    """Tells what became of datasets, and where versions come from."""

    def __init__(self, store: LineageStore) -> None:
        """Take the seam."""
        self._store = store

    def models_of(self, digest: str) -> Sequence[str]:
        """The models that have a version trained or validated on a content, in the order of the alphabet."""
        return self._store.models_of(digest)

    def of_dataset(self, id_or_name: str) -> DatasetLineage:
        """The jobs that trained or validated on its content, and the versions that came of it."""
        return self._store.of_dataset(id_or_name)

    def of_version(self, model: str, reference: str | None) -> VersionLineage:
        """Its datasets, job and parent; what its job published after it, and the jobs that trained it again."""
        return self._store.of_version(model, reference)
