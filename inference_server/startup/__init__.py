"""Gets the server's packages ready before any of them can be imported: the standard library alone."""
