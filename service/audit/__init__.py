"""The audit trail (policy M2): one hash chain per subject, its heads, signed checkpoints, and the verifier."""
