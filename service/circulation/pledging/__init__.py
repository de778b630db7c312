"""The pledge that is read and signed before anything is seen through a pass (K3)."""
