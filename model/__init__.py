"""The network: a Conv1D computation in NumPy, its data, its training and its interchange."""
