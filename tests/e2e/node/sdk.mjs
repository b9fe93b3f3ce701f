// All tasks of tests/e2e/sdks/task.py, done with one SDK; what it saw goes to standard output as JSON.
//   node sdk.mjs NAME FAMILY TASK     NAME is a file of sdks/, FAMILY the first part of the models' names, TASK is JSON
// Nothing is judged here.

const [name, family, task] = process.argv.slice(2);
const { schema, tool } = JSON.parse(task);
const place = { url: process.env.BELLWETHER_URL, key: process.env.BELLWETHER_KEY };

const { default: make } = await import(`./sdks/${name}.mjs`);
const client = make({ place, schema, tool, weather: ({ city }) => `7 degrees in ${city}` });

const models = { words: "words", words_streamed: "words", tools: "weather", tools_streamed: "weather", form: "form" };
const seen = {};
for (const [step, model] of Object.entries(models)) {
  seen[step] = await client[step](`${family}/${model}`).then(
    (saw) => ({ saw }),
    (error) => ({ error: `${error.stack}\n${JSON.stringify(error.error ?? error.responseBody ?? null)}` }),
  );
}
process.stdout.write(JSON.stringify(seen));
