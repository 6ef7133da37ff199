"""Aliases as their users see them: pointed at a version, rolled back, forgotten."""

from service.domain.aliases import Alias
from service.domain.identifiers import check_name
from service.errors import Detail, InvalidRequest
from service.registry_ports import AliasStore
from service.usecases.idempotency import idempotency


class Aliases:
    """Promotes versions and takes promotions back; each change is one transaction."""

    def __init__(self, store: AliasStore) -> None:
        """Take the seam."""
        self._store = store

    def get(self, model: str, alias: str) -> Alias:
        """Where an alias points, where it would go back to, and how it moved."""
        return self._store.get(model, alias)

    def point(self, model: str, alias: str, reference: str | int) -> Alias:
        """Point an alias at a version, named by its number or by another alias, in place of whatever it pointed at."""
        check_name(alias, "alias")
        if alias.isdecimal():
            message = "An alias is not a number: numbers name versions."
            raise InvalidRequest(message, Detail("/alias", message))
        return self._store.point(model, alias, str(reference))

    def roll_back(self, model: str, alias: str, idempotency_key: str | None = None) -> Alias:
        """Point an alias where it pointed before; each time one step further back, with one key once."""
        key = idempotency(idempotency_key, {"roll_back": {"model": model, "alias": alias}})
        return self._store.roll_back(model, alias, key)

    def remove(self, model: str, alias: str) -> None:
        """Forget an alias."""
        self._store.remove(model, alias)
