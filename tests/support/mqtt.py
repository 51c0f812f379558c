"""The end of a paho client, whole: what it leaves to the garbage collector would be charged to a later test."""

import paho.mqtt.client as paho


def let_go(client: paho.Client) -> None:
    """Stop a client's thread and close its sockets, the pair that woke it too.

    paho closes them in its own finaliser. Where a client is part of a cycle the collector may come to the sockets
    first, which then warn that nobody closed them, in whichever test runs just then.
    """
    client.loop_stop()
    client._reset_sockets()
