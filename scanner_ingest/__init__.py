"""Reads scans: leases jobs, makes page images, recognises text with boxes. Meets the others only in MongoDB."""
