"""The HTTP edge: it translates to the use cases and back, nothing more."""
