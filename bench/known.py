"""What is over a limit and known to be. Neither may become more, and who mends one takes it off its list."""

KNOWN = "known, decision 0007"
"""What the table says of such an operation."""

KNOWN_HERE = "known, bench/known.py"
"""What the report says of what else is over and stands here."""

KNOWN_OVER = {
    "ask for a code": 3,
    "log in": 5,
    "prove identity": 9,  # four of them the status, which is there when the answer is (R3.1)
    "my memberships": 3,
    "list 50 members": 3,
    "change consent": 3,
}
"""Operations that take more sequential round trips than their limit, and how many."""

KNOWN_COLD_START = 3.2
"""The ratio up to which the cold start is known to be over its limit: in November 2026 2.7 to 3.1, as busy as the machine is.

A part is the measure's: `import pydantic` alone loads none of its classes, and against `from pydantic import BaseModel` it
is less. The rest are a hundred models, as many dataclasses and some ninety rows, which are made when their modules are imported.
"""

KNOWN_CPU = {
    "show my health code": 2.3,
    "I scan a place": 2.1,
    "an inspector scans me": 2.4,
    "sync 500 people of a remote source, nobody changed": 1.7,
}
"""Operations that take more CPU than their limit, and the ratio up to which that is known.

November 2026, of the health code 1.55 to 2.2, as busy as the machine is: of 1.3 ms beside the one call of botocore, 0.4 make rows
of what it brought, 0.3 make and sign the pass, which the design's measure of bare calls leaves out, 0.2 open the session, and the
rest is Chalice's and pydantic's. The scans are 1.8 and 2.1: they make six rows and judge, and verify a pass, which bare calls
leave out too. The sync of a remote source is 1.45 to 1.6, 0.07 ms a person above the 0.14 of the bare reads: a row is made of
each, of half the columns; that of the embedded source reads facts as well and stays at 1.3 to 1.4.
"""
