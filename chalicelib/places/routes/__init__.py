"""Routes of places, a file a use case: for managers, for who works at the gates, for who enters."""
