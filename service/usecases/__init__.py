"""What the service does, free of any transport: plain synchronous classes, safe to call from many threads."""
