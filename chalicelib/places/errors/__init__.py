"""What can go wrong at places, in the words of the domain: with a place itself, with a check-in, with what is looked up later."""
