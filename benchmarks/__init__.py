"""`make bench`: Wavetap beside PyTorch and ONNX Runtime, in one run on one machine."""
