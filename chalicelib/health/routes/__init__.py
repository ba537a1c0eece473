"""Routes of sources, facts and status."""
