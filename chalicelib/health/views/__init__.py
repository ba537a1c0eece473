"""Stored rows as the public contract shows them."""
