"""What schemathesis cannot know of the API."""

import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key belongs to one request: sent with another body, it is refused, as it should be."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 1 <= len(key) <= 255:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
