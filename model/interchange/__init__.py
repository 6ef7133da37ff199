"""Models as bytes: our own archive, and ONNX."""
