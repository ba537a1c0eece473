"""What streams and nights cause at places: visits are counted, warned of, and forgotten."""
