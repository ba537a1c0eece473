"""Routes of logging in, of oneself, and of who acts for whom."""
