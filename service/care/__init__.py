"""Care of the archives room: who keeps it, trained and bound to secrecy, and its facilities (policy K1, K3, K4)."""
