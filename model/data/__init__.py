"""Series in memory, and their way to batches: scaling, splits, windows."""
