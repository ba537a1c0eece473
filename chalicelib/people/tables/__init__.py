"""What is stored about accounts and people."""
