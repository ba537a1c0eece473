"""The nightly sync (R1.3): what the sources know becomes what the city shows, for everybody, every day, by itself."""
