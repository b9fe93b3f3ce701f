// Vercel's AI SDK with `@ai-sdk/openai`, chat completions.

import { createOpenAI } from "@ai-sdk/openai";

import { client } from "./vercel.mjs";

export default function make(task) {
  const openai = createOpenAI({ baseURL: `${task.place.url}/v1`, apiKey: task.place.key });
  return client((model) => openai.chat(model), task);
}
