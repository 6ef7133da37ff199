"""Stubs made from the proto files by `python -m api_schemas.proto.generate`; never edited."""
