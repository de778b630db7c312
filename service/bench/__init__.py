"""`dangan bench`: our figures beside the raw engine's, measured in one run."""
