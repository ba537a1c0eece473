"""A whole city on one machine: emulator, tables, keys, server, and the loop that pumps its streams."""
