"""The public contract of group books, a file a use case."""
