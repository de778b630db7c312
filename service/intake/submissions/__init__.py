"""What departments hand in: submissions (B3), and supplements with their clock (B4)."""
