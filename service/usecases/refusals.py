"""The network's errors, told in the service's vocabulary."""

from collections.abc import Iterator
from contextlib import contextmanager

from model.errors import InvalidArchive, InvalidSeries, InvalidSpec, ModelError
from service.errors import Corrupt, Detail, InternalError, InvalidRequest, ServiceError, Untrainable


@contextmanager
def model_errors(refusal: type[InvalidRequest] = InvalidRequest, prefix: str = "", series: str = "") -> Iterator[None]:
    """Raise what `model` refuses as errors of the service; pointers are kept, behind the prefix.

    series: the pointer to where the request names the series, for what is wrong with them
    """
    try:
        yield
    except InvalidSeries as error:
        raise translated(error, refusal, prefix if error.pointer else series or prefix) from error
    except ModelError as error:
        raise translated(error, refusal, prefix) from error


def translated(error: ModelError, refusal: type[InvalidRequest] = Untrainable, prefix: str = "") -> ServiceError:
    """The service's error for one of `model`."""
    if isinstance(error, InvalidSpec | InvalidSeries):
        return refusal(error.message, Detail(prefix + (error.pointer or ""), error.message))
    return Corrupt(error.message) if isinstance(error, InvalidArchive) else InternalError(error.message)
