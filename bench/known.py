"""What is over a limit and known to be. Neither may become more, and who mends one takes it off its list."""

KNOWN = "known, decision 0007"
"""What the table says of such an operation."""

KNOWN_START = "known, bench/known.py"
"""What the report says of the cold start."""

KNOWN_OVER = {
    "ask for a code": 3,
    "log in": 5,
    "prove identity": 9,  # four of them the status, which is there when the answer is (R3.1)
    "my memberships": 3,
    "list 50 members": 3,
    "change consent": 3,
}
"""Operations that take more sequential round trips than their limit, and how many."""

KNOWN_COLD_START = 2.2
"""The ratio up to which the cold start is known to be over its limit: 1.6 to 1.9, as busy as the machine is.

A part is the measure's: `import pydantic` alone loads none of its classes, and against `from pydantic import BaseModel` it
is 1.4 to 1.6. The rest are fifty models and a dozen rows, which are made when their modules are imported.
"""
