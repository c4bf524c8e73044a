"""Small migrations under faults: a seed decides the writes, the faults and the moments of both."""
