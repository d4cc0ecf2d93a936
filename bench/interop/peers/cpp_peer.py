"""One message through a route that a NameServer tells, by the C++ client in its Python dress: sent and received.

python cpp_peer.py NAMESRV TOPIC TEXT
"""

import os
import sys
import threading

from rocketmq.client import Message, Producer, PushConsumer

WAIT_S = 90


def main() -> int:
    """0 if the message came."""
    namesrv, topic, text = sys.argv[1:]
    producer = Producer(f"{topic}-senders")
    producer.set_namesrv_addr(namesrv)
    producer.start()
    message = Message(topic)
    message.set_body(text)
    sent = producer.send_sync(message)
    print("SENT", sent.status.name, flush=True)

    received = threading.Event()

    def consume(message) -> None:
        print("RECEIVED", message.body.decode(), flush=True)
        received.set()

    consumer = PushConsumer(f"{topic}-receivers")
    consumer.set_namesrv_addr(namesrv)
    consumer.subscribe(topic, consume)
    consumer.start()
    if not received.wait(WAIT_S):
        print(f"FAILED receive: nothing within {WAIT_S} s", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the library's threads may crash while Python ends
