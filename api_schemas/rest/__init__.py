"""The JSON of the REST interface: one module a resource."""
