// Ask Bellwether with the official OpenAI SDK for Node: a whole answer, a streamed one, and an error.
//   npm install openai
//   BELLWETHER_KEY=bw_… node examples/node/chat.mjs

import OpenAI from "openai";

const client = new OpenAI({
  // The base URL ends with /v1, as everywhere in the SDK.
  baseURL: `${process.env.BELLWETHER_URL ?? "http://127.0.0.1:4000"}/v1`,
  apiKey: process.env.BELLWETHER_KEY,
});
const model = process.env.BELLWETHER_MODEL ?? "gpt-4o-mini";
const messages = [{ role: "user", content: "Hello!" }];

console.log("== a whole answer");
const answer = await client.chat.completions.create({ model, messages });
console.log(answer.choices[0].message.content);

console.log("== a streamed answer");
const stream = await client.chat.completions.create({
  model,
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const event of stream) {
  process.stdout.write(event.choices[0]?.delta?.content ?? "");
  // The last event, because it was asked for.
  if (event.usage) console.log(`\n(${event.usage.total_tokens} tokens)`);
}

console.log("== an error");
try {
  await client.chat.completions.create({ model: "no-such-model", messages });
} catch (error) {
  if (error instanceof OpenAI.RateLimitError) {
    // The SDK has already waited and tried again.
    console.log("come back in", error.headers.get("retry-after"), "seconds");
  } else if (error instanceof OpenAI.APIConnectionError) {
    console.log("the gateway cannot be reached:", error.message);
  } else if (error instanceof OpenAI.APIError) {
    // The request id finds the call in the gateway's log.
    console.log(error.status, error.code, "request", error.requestID);
  } else {
    throw error;
  }
}
