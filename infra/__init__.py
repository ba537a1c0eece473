"""What builds, provisions and runs a city; nothing of it ships to Lambda."""
