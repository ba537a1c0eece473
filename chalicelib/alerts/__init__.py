"""Alerts and messages: what leaves the city as SMS."""
