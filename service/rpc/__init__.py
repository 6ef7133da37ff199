"""The gRPC edge: it translates to the use cases and back, nothing more."""
