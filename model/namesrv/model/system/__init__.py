"""The system: brokers, NameServers and the connections between them, each a part that is stepped by its own functions."""
