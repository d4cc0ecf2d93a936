"""Seeded bugs in Apache's own NameServer: how many of them does `namesrv check` find, and how many a happy path?"""
