"""Sources, facts, rules, status, the health code, passes and messages to officers."""
