"""Pure functions over arrays, with out=: they allocate nothing and know nothing of layers."""
