"""What callers and providers say on the OpenAI chat wire, as the public API reference shows it."""

from __future__ import annotations

import json
from typing import Any

CHAT_PATH = "/v1/chat/completions"
MODEL = "gpt-4o-mini"

#: Odd on purpose: spaces, field order, number text, escapes and unknown fields must all survive.
CHAT_REPLY = (
    b'{ "id":"chatcmpl-1",\n  "object": "chat.completion","created":1700000000,"model":"gpt-4o-mini-2024-07-18",'
    b'"choices":[{"index":0,"message":{"role":"assistant","content":"caf\\u00e9 \xe2\x98\x95","refusal":null},'
    b'"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18},'
    b'"x_unknown":[1e-7,9007199254740993,-0.0] }\n'
)


def chat(text: str = "hello", **fields: Any) -> bytes:
    """A chat request body; a `model` among the fields replaces the usual one."""
    ask = {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields}
    return json.dumps(ask).encode()


def delta(**fields: Any) -> bytes:
    """One server-sent event with a chunk of a streamed answer."""
    event = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": MODEL,
        "choices": [{"index": 0, "delta": fields, "finish_reason": None}],
    }
    return b"data: " + json.dumps(event).encode() + b"\n\n"


END_MARK = b"data: [DONE]\n\n"
#: How a good stream ends: with its reason, and then with the end mark.
DONE = delta().replace(b'"finish_reason": null', b'"finish_reason": "stop"') + END_MARK
