"""report.html: a finished run as one page that needs no network."""
