"""The register of views (V4): a window over the trail, for the archives office and the auditor."""
