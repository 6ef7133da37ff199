"""`make bench-serving`: Wavetap beside MLServer with ONNX Runtime, one network, one machine, one run."""
