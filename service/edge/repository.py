"""The protocol's model repository over both transports: what may be asked of it, and what it tells."""

from collections.abc import Iterable, Mapping

from api_schemas.rest import protocol as schemas
from service.domain.serving import VersionStanding
from service.edge.datatypes import refusal

UNLOAD_DEPENDENTS = "unload_dependents"
"""Nothing depends on another model here, so both of its values are right."""


def index(standings: Iterable[VersionStanding]) -> list[schemas.ModelIndex]:
    """Every version with its state."""
    return [
        schemas.ModelIndex(
            name=found.model,
            version=str(found.number),
            state=found.standing.state.value,
            reason=found.standing.reason,
        )
        for found in standings
    ]


def check_load(parameters: Iterable[str]) -> None:
    """Refuse a model that comes with the request, or with another configuration: versions are trained here."""
    if any(True for _ in parameters):
        raise refusal("/parameters", "A model is loaded as it was published: no configuration and no file is taken.")


def check_unload(parameters: Mapping[str, object]) -> None:
    """Refuse what would mean something else than taking one model out of service."""
    if not parameters.keys() <= {UNLOAD_DEPENDENTS} or not all(type(value) is bool for value in parameters.values()):
        raise refusal("/parameters", f"The one parameter is {UNLOAD_DEPENDENTS}, true or false.")


def check_repository(name: str) -> None:
    """Refuse a repository that is not there."""
    if name:
        raise refusal("/repository_name", "There is one repository, and it has no name: leave it out.")
