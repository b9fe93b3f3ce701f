// Vercel's AI SDK with `@ai-sdk/anthropic`. Its base URL has the version in it, unlike that of Anthropic's own SDK.

import { createAnthropic } from "@ai-sdk/anthropic";

import { client } from "./vercel.mjs";

export default function make(task) {
  const anthropic = createAnthropic({ baseURL: `${task.place.url}/v1`, apiKey: task.place.key });
  const tasks = client((model) => anthropic(model), task);
  // Models it does not know are asked for a form by a tool of its own, called `json`.
  return { ...tasks, form: (model) => tasks.form(`${model}-by-json`) };
}
