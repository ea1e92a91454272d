"""What is selected, open or chosen: what to read, and where in the scene's time it lies."""
