"""An authenticator app: RFC 6238 with Python's own hmac."""

import base64
import hashlib
import hmac
import struct
import time


def code(key, when=None):
    """The six digits of a key in Base32, as the page shows it, at a time."""
    secret = base64.b32decode(key.replace(" ", ""))
    step = int((time.time() if when is None else when) // 30)
    mac = hmac.new(secret, struct.pack(">q", step), hashlib.sha1).digest()
    offset = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def next_code(key, last):
    """A code that was not used yet: that of now, or, where it was, the one that follows, which a drifting clock shows."""
    now = code(key)
    return code(key, time.time() + 30) if now == last else now
