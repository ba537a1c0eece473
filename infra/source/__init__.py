"""A reference health source: what docs/health-source.md asks of one, small enough to read, with every fault on demand."""
