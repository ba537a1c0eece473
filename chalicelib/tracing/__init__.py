"""What needs two people: proposals that wait for the second one. Later traces, appeals and audit."""
