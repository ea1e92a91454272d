"""What the Recover tab and the preferences show."""
