// OpenAI's SDK for Node, chat completions.

import OpenAI from "openai";

export default function make({ place, schema, tool, weather }) {
  const chat = new OpenAI({ baseURL: `${place.url}/v1`, apiKey: place.key, maxRetries: 0 }).chat.completions;
  const messages = [{ role: "user", content: "ping" }];
  const tools = [{ type: "function", function: { name: tool.name, description: tool.about, parameters: tool.schema } }];
  const spent = ({ prompt_tokens, completion_tokens }) => [prompt_tokens, completion_tokens];

  async function answered(model, first) {
    const said = first.choices[0].message;
    const asked = said.tool_calls.map((call) => JSON.parse(call.function.arguments));
    const results = said.tool_calls.map((call, place) => {
      return { role: "tool", tool_call_id: call.id, content: weather(asked[place]) };
    });
    const last = await chat.create({ model, messages: [...messages, said, ...results], tools });
    return { arguments: asked, answer: last.choices[0].message.content };
  }

  return {
    words: async (model) => {
      const answer = await chat.create({ model, messages });
      return { text: answer.choices[0].message.content, usage: spent(answer.usage) };
    },

    words_streamed: async (model) => {
      const pieces = [];
      let usage;
      for await (const event of await chat.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      })) {
        if (event.choices[0]?.delta.content) pieces.push(event.choices[0].delta.content);
        if (event.usage) usage = spent(event.usage);
      }
      return { text: pieces.join(""), pieces: pieces.length, usage };
    },

    tools: async (model) => answered(model, await chat.create({ model, messages, tools })),

    tools_streamed: async (model) =>
      answered(model, await chat.stream({ model, messages, tools }).finalChatCompletion()),

    form: async (model) => {
      const response_format = { type: "json_schema", json_schema: { name: "form", schema, strict: true } };
      const answer = await chat.create({ model, messages, response_format });
      return JSON.parse(answer.choices[0].message.content);
    },
  };
}
