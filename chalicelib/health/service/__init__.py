"""Use cases of facts, status and health code."""
