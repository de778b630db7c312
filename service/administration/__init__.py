"""Pages and API of accounts, departments, settings, the trail and health."""
