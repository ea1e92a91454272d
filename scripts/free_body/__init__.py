"""The steps of scripts/derive_free_body.py."""
