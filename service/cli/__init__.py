"""The command `wavetap`: a file for each group of commands; each imports what it needs when it runs: help is quick."""

from service.cli.app import main

__all__ = ["main"]
