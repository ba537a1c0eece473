"""Alerts: raised, held, and sent by SMS and e-mail; the channels that people chose."""
