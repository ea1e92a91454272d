"""HMR (Kanazawa 2018): `crops` cuts out what it sees, `network` runs it, `cameras` are its, `method` makes bodies."""
