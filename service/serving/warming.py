"""Warming up: what was published or promoted is in memory before most callers ask for it."""

from service.domain.models import ModelVersion
from service.errors import ServiceError
from service.serving.current import CurrentVersions
from service.serving.loaded import LoadedModels


class Warmer:
    """Looks whether names and aliases that were asked for mean another version now, and loads that.

    Only what takes the place of a version in memory is loaded, so that nothing comes back that was let go for want of
    room. A request that is quicker loads the version itself, and never waits for this.
    """

    def __init__(self, current: CurrentVersions, models: LoadedModels) -> None:
        """Know of nothing yet."""
        self._current = current
        self._models = models
        self._meant: dict[tuple[str, str | None], ModelVersion] = {}

    def look(self) -> int:
        """Load what has changed, and answer how many versions that were."""
        loaded = 0
        asked = self._current.remembered()
        self._meant = {key: self._meant.get(key, version) for key, version in asked.items()}
        for key, before in self._meant.items():
            try:
                version = self._current.version(*key)
                if version != before and self._models.holds(before) and not self._models.holds(version):
                    self._models.load(version)
                    loaded += 1
            except ServiceError:  # gone, unloaded or damaged: whoever asks for it is told
                continue
            self._meant[key] = version
        return loaded
