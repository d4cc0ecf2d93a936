"""Recordings of what went between a NameServer and its peers, held against the model (`namesrv trace`)."""
