"""Ask Bellwether with the official OpenAI SDK: a whole answer, a streamed one, and an error.

    pip install openai
    BELLWETHER_KEY=bw_… python examples/python/chat.py
"""

import os

import openai

client = openai.OpenAI(
    # The base URL ends with /v1, as everywhere in the SDK.
    base_url=os.environ.get("BELLWETHER_URL", "http://127.0.0.1:4000") + "/v1",
    api_key=os.environ["BELLWETHER_KEY"],
)
model = os.environ.get("BELLWETHER_MODEL", "gpt-4o-mini")
messages = [{"role": "user", "content": "Hello!"}]

print("== a whole answer")
answer = client.chat.completions.create(model=model, messages=messages)
print(answer.choices[0].message.content)

print("== a streamed answer")
stream = client.chat.completions.create(
    model=model, messages=messages, stream=True, stream_options={"include_usage": True}
)
for event in stream:
    if event.choices:
        print(event.choices[0].delta.content or "", end="", flush=True)
    elif event.usage:  # the last event, because it was asked for
        print(f"\n({event.usage.total_tokens} tokens)")

print("== an error")
try:
    client.chat.completions.create(model="no-such-model", messages=messages)
except openai.RateLimitError as error:  # the SDK has already waited and tried again
    print("come back in", error.response.headers.get("retry-after"), "seconds")
except openai.APIStatusError as error:
    # The request id finds the call in the gateway's log.
    print(error.status_code, error.code, "request", error.request_id)
except openai.APIConnectionError as error:
    print("the gateway cannot be reached:", error)
