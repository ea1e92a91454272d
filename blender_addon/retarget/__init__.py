"""A person's motion onto the user's own character: recognised, solved in numbers, then applied."""
