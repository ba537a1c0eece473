"""Sources, facts and, later, rules, status, health code and pass."""
