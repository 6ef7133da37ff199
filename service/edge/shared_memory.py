"""Tensors in memory that client and server share: not offered, and who asks for them would look where nothing is."""

from collections.abc import Container

from service.edge.datatypes import refusal

REGION = "shared_memory_region"


def refuse_shared_memory(parameters: Container[str], pointer: str) -> None:
    """Refuse the parameters of an input or output that name a region."""
    if REGION in parameters:
        message = "Shared memory is not offered here: tensors travel with the request and the answer."
        raise refusal(f"{pointer}/parameters/{REGION}", message)
