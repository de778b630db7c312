"""What happens to files that are kept: looking at them by request, and the registers of it."""
