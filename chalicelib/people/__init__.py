"""Accounts, SMS codes, sessions, identity, consent receipts, access log and erasure."""
