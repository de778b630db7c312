"""What is left undone, for whoever answers for it (M1): it watches the other rooms, and changes nothing."""
