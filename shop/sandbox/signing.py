"""RSA with SHA-256 over canonical texts, as three of the gateways use it."""

import base64
from collections.abc import Collection, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

_PADDING, _HASH = padding.PKCS1v15(), hashes.SHA256()


def private_key(pem: str) -> rsa.RSAPrivateKey:
    """Read a private RSA key.

    :raises TypeError: if it is of another kind.
    """
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key


def public_key(pem: str) -> rsa.RSAPublicKey:
    """Read a public RSA key.

    :raises TypeError: if it is of another kind.
    """
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("not an RSA key")
    return key


def sign(key: rsa.RSAPrivateKey, data: bytes) -> str:
    """Return the signature in base64, on one line."""
    return base64.b64encode(key.sign(data, _PADDING, _HASH)).decode()


def verifies(key: rsa.RSAPublicKey, signature: str, data: bytes) -> bool:
    """Tell whether a signature in base64 belongs to these bytes."""
    try:
        key.verify(base64.b64decode(signature, validate=True), data, _PADDING, _HASH)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def canonical(fields: Mapping[str, str], leave_out: Collection[str] = ()) -> bytes:
    """Return the filled fields sorted by name as ``k=v&k=v``, values raw."""
    return "&".join(
        f"{name}={fields[name]}"
        for name in sorted(fields)
        if name not in leave_out and fields[name] != ""
    ).encode()
