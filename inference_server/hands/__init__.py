"""Hands: `regions` says where to look for them, `landmarks` and `i2l` are networks that do, `look` runs them over
the footage, and `seen` holds what they say. The fingers' poses are solved of that in fitting/fingers.py.
"""
