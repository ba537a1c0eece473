"""Stored rows of places as the public contract shows them, a file a use case."""
