"""The health source of a city that asks a service of the health authority (docs/health-source.md)."""
