"""The loop that serves a client: requests in, jobs done, answers out."""
