"""Where the paper lies: rooms, cabinets, shelves and boxes; labels; stocktakes (policy S3, S5)."""
