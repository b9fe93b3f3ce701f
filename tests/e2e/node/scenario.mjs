// One thing that a user of the official OpenAI SDK for Node does, and what he sees of it as JSON on standard output.
//   node scenario.mjs NAME [SETTINGS]     SETTINGS is JSON: what the client and the request are told beside the usual
// Where the gateway is and which key to show stand in OPENAI_BASE_URL and OPENAI_API_KEY, as in any program that uses
// the SDK. Nothing is judged here: tests/e2e/test_sdk_node.py does that.

import OpenAI from "openai";

const [name, settings = "{}"] = process.argv.slice(2);
const { client: clientSettings, ask = {}, request = {}, prompt_bytes: promptBytes } = JSON.parse(settings);
const client = new OpenAI({ maxRetries: 0, timeout: 10_000, ...clientSettings });

const content = promptBytes ? "x".repeat(promptBytes) : "ping";
const chat = { model: "gpt-4o-mini", messages: [{ role: "user", content }], ...ask };
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const withTool = { ...chat, tools: [weather], tool_choice: "required" };

async function all(events) {
  const seen = [];
  for await (const event of events) seen.push(event);
  return seen;
}

const scenarios = {
  chat: () => client.chat.completions.create(chat, request),

  streamed: async () => all(await client.chat.completions.create({ ...chat, stream: true })),

  tools: () => client.chat.completions.create(withTool),

  tools_streamed: () => client.chat.completions.stream(withTool).finalChatCompletion(),

  // Hangs up behind the first word, as a user does who presses "stop".
  aborted: async () => {
    const hangUp = new AbortController();
    const stream = await client.chat.completions.create({ ...chat, stream: true }, { signal: hangUp.signal });
    for await (const event of stream) {
      hangUp.abort();
      return { first: event, is_aborted: hangUp.signal.aborted };
    }
  },

  completions: async () => {
    const prompt = { model: chat.model, prompt: "ping" };
    const whole = await client.completions.create(prompt);
    return { whole, streamed: await all(await client.completions.create({ ...prompt, stream: true })) };
  },

  embeddings: async () => {
    const input = { model: "text-embedding-3-small", input: ["one", "two"] };
    // Without being told otherwise the SDK asks for base64 and unpacks it.
    const unpacked = await client.embeddings.create(input);
    return { unpacked, numbers: await client.embeddings.create({ ...input, encoding_format: "float" }) };
  },

  models: async () => {
    const listed = await all(client.models.list());
    return { listed, first: await client.models.retrieve(listed[0].id) };
  },

  with_response: async () => {
    const { data, response, request_id } = await client.chat.completions.create(chat).withResponse();
    return { data, request_id, status: response.status, headers: Object.fromEntries(response.headers) };
  },
};

function shown(error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  return {
    kind: error.constructor.name,
    status: error.status,
    code: error.code,
    type: error.type,
    param: error.param,
    message: error.message,
    request_id: error.requestID,
    headers: Object.fromEntries(error.headers ?? []),
    body: error.error,
  };
}

const began = performance.now();
const outcome = await scenarios[name]().then(
  (answer) => ({ answer }),
  (error) => ({ error: shown(error) }),
);
process.stdout.write(JSON.stringify({ ...outcome, ms: performance.now() - began }));
