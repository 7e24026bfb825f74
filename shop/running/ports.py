"""The address the shop listens on, and one sentence where that cannot be."""

import errno
import socket

from shop.config import ConfigError

#: Readers that may wait to be let in: as many as gunicorn's own default.
WAITING = 2048


def listen(host: str, port: int, setting: str) -> socket.socket:
    """Take a port; ``setting`` is what an owner would change.

    :raises ConfigError: if another program has it, or it is not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        raise ConfigError(_sentence(host, port, setting, error)) from error
    return listener


def refuse_taken_port(host: str, port: int, setting: str) -> None:
    """Find out before anything starts whether the port can be had.

    :raises ConfigError: as ``listen`` does.
    """
    listen(host, port, setting).close()


def _sentence(host: str, port: int, setting: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use by another program (perhaps this shop is open "
            f"already); stop it or choose another port with {setting}={port + 10}."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system; choose {setting} above 1023."
    return f"The shop cannot listen on {host} port {port}: {error.strerror}."
