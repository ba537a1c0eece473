"""Engines that storage is proved on beside the emulator. Fetched once, never committed, running only while a suite does."""
