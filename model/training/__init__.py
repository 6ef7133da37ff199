"""Training: the spec, the epochs, the checkpoint, the metrics."""
