"""Use cases of group books, a file each."""
