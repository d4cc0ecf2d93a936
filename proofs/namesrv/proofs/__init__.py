"""Z3: which invariants of the model hold for any number of brokers, topics and NameServers."""
