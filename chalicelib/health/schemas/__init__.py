"""The public contract of facts, identities and status."""
