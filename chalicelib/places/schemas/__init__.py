"""The public contract of places and check-ins, a file a use case."""
