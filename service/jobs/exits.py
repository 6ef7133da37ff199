"""How the process of an attempt ends: its exit codes, by which the engine knows whose fault it was."""

EXIT_FAILED = 3
"""Something that the attempt could not go on with, and could not settle."""
EXIT_ORPHANED = 4
"""Whoever started it is gone."""
EXIT_AWAY = 5
"""The database did not answer for longer than an attempt waits; its job is not to blame."""
