"""How deliveries of webhooks are signed, and how who gets them can tell that they are the server's.

The header ``X-Pltpack-Signature`` holds the time of the attempt and an HMAC-SHA-256 over that and the body:
``t=1700000000,sha256=4f1c...``.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

EVENT: Final = "X-Pltpack-Event"
DELIVERY: Final = "X-Pltpack-Delivery"
SIGNATURE: Final = "X-Pltpack-Signature"
_SIGNATURE: Final = re.compile(r"t=([0-9]{1,12}),sha256=([0-9a-f]{64})")


def sign_delivery(secret: str, time: int, body: bytes) -> str:
    """The signature of a body that is sent at a time, in seconds since 1970.

    >>> sign_delivery("secret", 1700000000, b"{}")[:27]
    't=1700000000,sha256=3a59be5'
    """
    return f"t={time},sha256={_sum(secret, str(time), body)}"


def check_delivery(secret: str, signature: str, body: bytes, *, now: float, within: float = 300.0) -> bool:
    """Whether a signature is that of a body, made less than ``within`` seconds before ``now`` or after it: what
    somebody has overheard is good for no longer.

    >>> signature = sign_delivery("secret", 1700000000, b"{}")
    >>> [check_delivery("secret", signature, body, now=1700000009) for body in (b"{}", b"[]")]
    [True, False]
    """
    found = _SIGNATURE.fullmatch(signature)
    if found is None or abs(now - int(found[1])) > within:
        return False
    return hmac.compare_digest(found[2], _sum(secret, found[1], body))


def _sum(secret: str, time: str, body: bytes) -> str:
    return hmac.new(secret.encode(), b"%b.%b" % (time.encode(), body), hashlib.sha256).hexdigest()
