//! The page of what is carried from one dialect into another, made of the table that a test holds the translators against.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use dialects::Dialect;
use dialects::canonical::Feature;
use toml::{Table, Value};

use super::markdown::{code, table};

const TABLE: &str = "crates/pure/dialects/tests/fixtures/losses.toml";

const INTRODUCTION: &str = "\
# What translation carries

    curl -si http://127.0.0.1:4000/v1/messages -H \"x-api-key: $KEY\" -d @request.json | grep x-bellwether-warnings

A caller of one dialect may be served by a provider of another: the request is translated, and the answer back. Where both
speak the same, bytes pass as they are and of this page nothing applies but what is said of refused thoughts. `chat` is OpenAI's
Chat Completions, `responses` its Responses, `messages` Anthropic's Messages; `chat → messages` is a caller of the first at a
provider of the second.

- **exact**: the same thing, said in the provider's words
- equivalent: the same effect by other means, or left out where nobody would notice
- *lossy*: left out or weakened; the code stands in the header `x-bellwether-warnings`, in the log and in the metrics
- **refused**: the request is answered with 400, and the message says why
- –: the caller's dialect cannot say it

Words, images, calls with their arguments, results and the order of the turns are always carried, as long as the model takes
them. Arguments keep every digit. A provider's signed thoughts go to callers of other dialects in an envelope, and home again
with the next request. They are kept nowhere else: who leaves them out of his history, as callers of chat do that drop
`reasoning_details`, goes on without them, and where a model with a budget for thinking would refuse that amid calls of tools, without
thinking in that turn (`thinking_unsupported`).

A provider may refuse to take its sealed thoughts back, as when a conversation has moved to another account. It is then asked
once more without them, also where it speaks as the caller does and bytes pass: `signed_reasoning_dropped`.

## When nothing may be lost

    bellwether keys create --name \"careful\" --strict

What a request would lose is refused then, too: 400, with `param` naming the field, and the provider that would not take it is
not asked. An answer is never thrown away for what it loses. Strict is a key
(`keys create --strict`; `keys change ID --strict` and `--no-strict` act on the next call) or a single request, by the header
`x-bellwether-strict: true`. The header only adds: no value of it loosens a strict key, as whoever made the key decided for all
its callers. It holds as well for what a host of the caller's own dialect does not take.

## The table

Every cell is tested with the example in `crates/pure/dialects/tests/fixtures/losses.toml`, of which `cargo xtask docs` makes
this page.

";

/// The page.
pub(super) fn page(root: &Path) -> Result<String> {
    let text = fs::read_to_string(root.join(TABLE)).with_context(|| format!("{TABLE} cannot be read"))?;
    let losses: Table = text.parse().with_context(|| format!("{TABLE} is no TOML"))?;
    let pairs: Vec<(Dialect, Dialect)> = Dialect::ALL
        .iter()
        .flat_map(|client| Dialect::ALL.iter().map(|provider| (*client, *provider)))
        .filter(|(client, provider)| client != provider)
        .collect();
    let names = pairs.iter().map(|(client, provider)| format!("{} → {}", client.name(), provider.name()));
    let headings: Vec<String> = ["what", "code"].into_iter().map(str::to_owned).chain(names).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let rows = Feature::all().map(|feature| row(&losses, feature, &pairs)).collect::<Result<Vec<_>>>()?;
    Ok(format!("{INTRODUCTION}{}", table(&headings, rows)))
}

fn row(losses: &Table, feature: Feature, pairs: &[(Dialect, Dialect)]) -> Result<Vec<String>> {
    let key = snake(&format!("{feature:?}"));
    let row = losses.get(&key).and_then(Value::as_table).with_context(|| format!("no row '{key}'"))?;
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let about = text("about").with_context(|| format!("'{key}' says not what it is about"))?;
    let mut cells = vec![about.to_owned(), code(feature.code())];
    for (client, provider) in pairs {
        cells.push(cell(row, *client, *provider));
    }
    Ok(cells)
}

/// A request stands under its client, an answer under its provider.
fn cell(row: &Table, client: Dialect, provider: Dialect) -> String {
    let under = |dialect: Dialect| row.get(dialect.name()).and_then(Value::as_table);
    let is_answer = |given: &Table| given.contains_key("answer");
    let found = match (under(client), under(provider)) {
        (_, Some(given)) if is_answer(given) => given.get(client.name()),
        (Some(given), _) if !is_answer(given) => given.get(provider.name()),
        _ => None,
    };
    let how = match found {
        Some(Value::Table(carried)) => carried.keys().next().map_or("", String::as_str),
        Some(Value::String(how)) => how,
        _ => "–",
    };
    match how {
        "exact" | "refused" => format!("**{how}**"),
        "lossy" => format!("*{how}*"),
        other => other.to_owned(),
    }
}

/// `ServiceTier` as `service_tier`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use dialects::Dialect;
    use toml::Table;

    use super::{cell, snake};

    #[test]
    fn an_answer_stands_under_its_provider() {
        let row: Table = "about = 'a'\n[chat]\nrequest = '{}'\nmessages = 'lossy'\n".parse().unwrap();
        assert_eq!(cell(&row, Dialect::OpenAiChat, Dialect::AnthropicMessages), "*lossy*");
        assert_eq!(cell(&row, Dialect::AnthropicMessages, Dialect::OpenAiChat), "–");
        let row: Table = "about = 'a'\n[messages]\nanswer = ''\nchat = { exact = 'x' }\n".parse().unwrap();
        assert_eq!(cell(&row, Dialect::OpenAiChat, Dialect::AnthropicMessages), "**exact**");
        assert_eq!(cell(&row, Dialect::AnthropicMessages, Dialect::OpenAiChat), "–");
        assert_eq!(snake("ServiceTier"), "service_tier");
    }
}
