"""Options and environment into settings, with a person's sentence for what cannot be."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from service.settings import Settings


def settings(**options: object) -> "Settings":
    """The environment's settings with the options that were given on top; wrong ones end the command with 2."""
    from pydantic import ValidationError

    from service.settings import PREFIX, Settings

    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        faults = (f"{PREFIX}{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}." for fault in error.errors())
        raise typer.BadParameter(" ".join(faults)) from error
