"""Gatebook: the whole service, one folder per feature (docs/architecture.md)."""
