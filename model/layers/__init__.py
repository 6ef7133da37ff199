"""One kind of layer a file: a frozen spec on top, its bound operation beneath; `registry` is the one table of kinds."""
