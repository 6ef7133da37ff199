"""Named architectures for series, a recipe a file, each a readable composition of layers."""

from model.recipes.table import RECIPES, Body, build

__all__ = ["RECIPES", "Body", "build"]
