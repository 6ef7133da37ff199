"""Everything with a clock, a disk or a socket: datasets, training jobs, models and inference as a service."""
