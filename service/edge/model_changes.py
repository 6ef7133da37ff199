"""What a body, or a message, wants changed about a model or a version."""

from api_schemas.rest import registry
from service.domain.annotations import AnnotationChange
from service.domain.models import Keeping


def annotation_change(wanted: registry.AnnotationChange) -> AnnotationChange:
    """Notes and tags."""
    return AnnotationChange(wanted.notes, wanted.tags)


def keeping(wanted: registry.ModelChange) -> Keeping | None:
    """How many versions are kept; None if the body does not say."""
    return Keeping(wanted.keep_versions) if "keep_versions" in wanted.model_fields_set else None
