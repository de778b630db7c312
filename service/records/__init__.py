"""Records: the entries of a file, each shaped by its category (policy §2, B2, B3)."""
