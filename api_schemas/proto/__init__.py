"""The proto files, and the command that makes their Python stubs."""
