"""A port on the loopback that nobody has at this moment."""

import socket


def free_port() -> int:
    """Free a moment ago: another may take it, so whoever listens says where."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port
