"""A city that is never made."""

UNMADE = "linyi"
"""It has a file, and no test makes it on the emulator that a worker's tests share, whatever order they run in."""
