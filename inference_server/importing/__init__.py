"""Networks that the user has: `networks` recognises, converts, tries and keeps them; the others know one kind each."""
