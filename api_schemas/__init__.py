"""The wire: what clients send and receive, over REST and gRPC. Nothing here knows the service."""
