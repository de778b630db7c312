"""The demo archive: invented agents, one account for each role. Only in demo mode."""
