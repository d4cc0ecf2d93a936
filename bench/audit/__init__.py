"""The audit on real NameServers: what it finds of anomalies that are provoked, and that it finds nothing where all is well."""
