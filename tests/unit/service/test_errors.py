"""The tree of errors."""

import inspect
import re

from service import errors
from service.errors import Code, Detail, ServiceError


def _classes() -> set[type[ServiceError]]:
    return {item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, ServiceError)}


def test_the_drawing_shows_every_error_with_its_code() -> None:
    drawn = dict(re.findall(r"[├└]── (\w+) +([A-Z_]+) ", errors.__doc__ or ""))
    assert drawn == {item.__name__: item.code.value for item in _classes() - {ServiceError}}


def test_no_error_lists_more_than_ten_details() -> None:
    error = ServiceError("Too much is wrong.", *(Detail(f"/{index}", "Wrong.") for index in range(100)))
    assert len(error.details) == 10


def test_every_code_is_one_of_the_vocabulary() -> None:
    assert all(item.code in Code for item in _classes())
