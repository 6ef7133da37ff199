"""What both edges, REST and gRPC, share: who may call, how much at once, and what clients see of our records."""
