"""What streams cause in group books: deleted ones are taken apart, members are counted."""
