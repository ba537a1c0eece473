"""The table `registry`, and what of health lies in `decisions`."""

from chalicelib.health.tables.registry import FactRow, IdentityRow, RegistryTable, SourceRow

__all__ = ["FactRow", "IdentityRow", "RegistryTable", "SourceRow"]
