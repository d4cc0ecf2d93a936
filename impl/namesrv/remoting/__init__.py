"""RocketMQ's remoting protocol, without I/O: frames, commands, headers, bodies. Only `connection` knows sockets."""
