"""The table `registry`, and what of health lies in `decisions`."""

from chalicelib.health.tables.registry import FIRST_FACT, DeliveredRow, FactRow, IdentityRow, RegistryTable, SourceRow

__all__ = ["FIRST_FACT", "DeliveredRow", "FactRow", "IdentityRow", "RegistryTable", "SourceRow"]
