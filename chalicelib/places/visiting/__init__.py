"""What a visit of a place is: when it was scanned, where it is stored, how long it lasts, and who may say so."""
