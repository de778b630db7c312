"""Files (档案): one per agent. What a file's cover says, and where it stands: active, left, held, destroyed."""
