"""RocketMQ's remoting protocol. The wire itself is without I/O: bytes in, values out, and back. From the outside in:

`frame` splits a stream, `command` reads a header, `headers` its ext fields; `body`, `compressed` and `answer_body` read what
follows. `codes` and `version` are its numbers, `fastjson` and `json_fields` the ways of the JSON library that real peers use,
`errors` what may be raised. None of these knows sockets, clocks or who speaks; `connection` puts them on asyncio.
"""
