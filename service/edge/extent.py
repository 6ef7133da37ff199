"""How much one request may hold: a parser cannot be interrupted, and nobody else is answered meanwhile.

Bytes say little of it. 64 MiB of JSON are read in half a second if they hold numbers of ten digits; made of lists of
one number each they take fourteen, and as many empty inputs as fit into a message of that size take forty.
"""

MOST_VALUES = 1 << 22
"""Numbers that are read one by one, and not as an array's bytes."""
MOST_PARTS = 1 << 19
"""Lists, objects and texts, names among them: each costs as much as ten numbers."""
