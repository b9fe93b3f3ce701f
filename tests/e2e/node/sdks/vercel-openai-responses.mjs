// Vercel's AI SDK with `@ai-sdk/openai`, Responses: what it speaks unless told otherwise.

import { createOpenAI } from "@ai-sdk/openai";

import { client } from "./vercel.mjs";

export default function make(task) {
  const openai = createOpenAI({ baseURL: `${task.place.url}/v1`, apiKey: task.place.key });
  // Else it sends earlier answers by their ids only, which a gateway that keeps nothing cannot know.
  return client((model) => openai(model), task, { openai: { store: false } });
}
