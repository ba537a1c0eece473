"""Measures what design §9 sets limits for: `make bench`."""
