"""The registrar: registers with every NameServer as a real broker does."""
