"""One message through the Apache Proxy, by the gRPC client: sent and received. It is the Proxy that asks the NameServer.

python grpc_peer.py PROXY TOPIC TEXT
"""

import os
import sys
import time

from rocketmq import ClientConfiguration, Credentials, FilterExpression, Message, Producer, SimpleConsumer

WAIT_S = 90


def main() -> int:
    """0 if the message came."""
    proxy, topic, text = sys.argv[1:]
    config = ClientConfiguration(proxy, Credentials())
    producer = Producer(config, (topic,))
    producer.startup()
    message = Message()
    message.topic = topic
    message.body = text.encode()
    sent = producer.send(message)
    print("SENT", sent.message_id, flush=True)

    consumer = SimpleConsumer(config, f"{topic}-receivers")
    consumer.startup()
    consumer.subscribe(topic, FilterExpression())
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            messages = consumer.receive(1, 20)
        except Exception as error:  # right after subscribing the Proxy does not know the consumer yet
            print("not yet:", error, flush=True)
            time.sleep(1)
            continue
        for received in messages or ():
            print("RECEIVED", received.body.decode(), flush=True)
            consumer.ack(received)
            return 0
    print(f"FAILED receive: nothing within {WAIT_S} s", flush=True)
    return 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
