"""MongoDB and what everything stored stands on: transactions, keys, blobs, leased jobs, the embedded server."""
