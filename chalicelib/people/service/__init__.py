"""Use cases of accounts and people, a file each."""
