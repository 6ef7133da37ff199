"""The HTTP/2 that gRPC travels by, on the event loop itself: no thread is crossed between a socket and a method."""
