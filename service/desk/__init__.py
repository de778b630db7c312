"""What joins many features: the home page and a file's page."""
