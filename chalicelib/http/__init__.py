"""HTTP, Chalice and core; no feature."""
