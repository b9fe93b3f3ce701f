// Anthropic's SDK for TypeScript.

import Anthropic from "@anthropic-ai/sdk";

export default function make({ place, schema, tool, weather }) {
  const { messages: api } = new Anthropic({ baseURL: place.url, apiKey: place.key, maxRetries: 0 });
  const messages = [{ role: "user", content: "ping" }];
  const tools = [{ name: tool.name, description: tool.about, input_schema: tool.schema }];
  const ask = { max_tokens: 1000, messages };
  const spent = ({ input_tokens, output_tokens }) => [input_tokens, output_tokens];

  async function answered(model, first) {
    const calls = first.content.filter((block) => block.type === "tool_use");
    const results = calls.map((call) => {
      return { type: "tool_result", tool_use_id: call.id, content: weather(call.input) };
    });
    const turns = [...messages, { role: "assistant", content: first.content }, { role: "user", content: results }];
    const last = await api.create({ ...ask, model, messages: turns, tools });
    return { arguments: calls.map((call) => call.input), answer: last.content[0].text };
  }

  return {
    words: async (model) => {
      const answer = await api.create({ ...ask, model });
      return { text: answer.content[0].text, usage: spent(answer.usage) };
    },

    words_streamed: async (model) => {
      const pieces = [];
      const stream = api.stream({ ...ask, model }).on("text", (piece) => pieces.push(piece));
      const answer = await stream.finalMessage();
      return { text: answer.content[0].text, pieces: pieces.length, usage: spent(answer.usage) };
    },

    tools: async (model) => answered(model, await api.create({ ...ask, model, tools })),

    tools_streamed: async (model) => answered(model, await api.stream({ ...ask, model, tools }).finalMessage()),

    form: async (model) => {
      const answer = await api.create({ ...ask, model, output_config: { format: { type: "json_schema", schema } } });
      return JSON.parse(answer.content[0].text);
    },
  };
}
