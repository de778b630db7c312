"""Who is told what: notices in the page."""
