"""Where training runs: an engine starts an attempt and tells how it ended."""
