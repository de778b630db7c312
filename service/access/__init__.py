"""Who may do what: accounts, departments, sessions, tokens, and the one policy."""
