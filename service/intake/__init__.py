"""How paper comes into the archive: opening files, singly or from a sheet (policy B1)."""
