"""The page of exports tells of every recipe and every mode of padding, and of nothing that would be refused."""

import re

from model import recipes
from model.interchange.onnx_export import TOLERANCE
from model.layers.pad import OPTIONS
from tests.exports.measurement import Export, Measurement
from tests.exports.page import PAGE, page

NUMBER = re.compile(r"\d\.\de[+-]\d+")


def structure(text: str) -> str:
    """The page without what depends on the machine."""
    return re.sub(r"(?m)^\| (\w+) \|.*$", r"| \1 |", text)


def test_the_page_is_made_by_the_command() -> None:
    some = Export(17, 1, 1, 0.0)
    expected = page(
        [Measurement(recipe, some, some, some) for recipe in recipes.RECIPES], [(mode, some) for mode in OPTIONS]
    )
    assert structure(PAGE.read_text("utf-8")) == structure(expected), "run make exports"


def test_every_difference_on_the_page_is_one_that_is_accepted() -> None:
    numbers = NUMBER.findall(PAGE.read_text("utf-8").partition("## Recipes")[2])
    assert len(numbers) == 3 * len(recipes.RECIPES) + len(OPTIONS)
    assert max(map(float, numbers)) <= TOLERANCE
