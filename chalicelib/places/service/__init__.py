"""Use cases of places and check-ins, a file each."""
