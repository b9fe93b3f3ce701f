// OpenAI's SDK for Node, Responses, without a memory at the provider.

import OpenAI from "openai";

export default function make({ place, schema, tool, weather }) {
  const responses = new OpenAI({ baseURL: `${place.url}/v1`, apiKey: place.key, maxRetries: 0 }).responses;
  const input = [{ role: "user", content: "ping" }];
  const tools = [
    { type: "function", name: tool.name, description: tool.about, parameters: tool.schema, strict: true },
  ];
  const spent = ({ input_tokens, output_tokens }) => [input_tokens, output_tokens];

  async function answered(model, first) {
    const calls = first.output.filter((item) => item.type === "function_call");
    const asked = calls.map((call) => JSON.parse(call.arguments));
    const results = calls.map((call, place) => {
      return { type: "function_call_output", call_id: call.call_id, output: weather(asked[place]) };
    });
    const said = first.output.map(({ parsed_arguments, ...item }) => item);
    for (const item of said) for (const part of item.content ?? []) delete part.parsed;
    const last = await responses.create({ model, input: [...input, ...said, ...results], tools, store: false });
    return { arguments: asked, answer: last.output_text };
  }

  return {
    words: async (model) => {
      const answer = await responses.create({ model, input: "ping", store: false });
      return { text: answer.output_text, usage: spent(answer.usage) };
    },

    words_streamed: async (model) => {
      const pieces = [];
      let usage;
      for await (const event of await responses.create({ model, input: "ping", stream: true, store: false })) {
        if (event.type === "response.output_text.delta") pieces.push(event.delta);
        if (event.type === "response.completed") usage = spent(event.response.usage);
      }
      return { text: pieces.join(""), pieces: pieces.length, usage };
    },

    tools: async (model) => answered(model, await responses.create({ model, input, tools, store: false })),

    tools_streamed: async (model) =>
      answered(model, await responses.stream({ model, input, tools, store: false }).finalResponse()),

    form: async (model) => {
      const text = { format: { type: "json_schema", name: "form", schema, strict: true } };
      return JSON.parse((await responses.create({ model, input: "ping", text, store: false })).output_text);
    },
  };
}
