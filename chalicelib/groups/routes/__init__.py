"""Routes of group books, a file a use case: for owners and administrators, for members, for whoever holds a code."""
