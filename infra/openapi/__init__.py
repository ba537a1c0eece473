"""The description of the API, made from its routes: OpenAPI 3.1, and a readable page made from that."""
