"""Audits of a live set of NameServers, by requests that change nothing."""
