//! The question, as the options describe it.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::table;
use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, ExplainOptions};
use crate::environment;
use crate::say::say;

/// Asks the running server and prints its answer.
pub(crate) fn run(data: &DataOptions, options: &ExplainOptions) -> Result<()> {
    let path = environment::data_dir(data)?;
    let Some(server) = AdminClient::find_in(path)? else {
        bail!(
            "no server runs here: only a running one knows how everybody is doing; start it, or set BELLWETHER_URL"
        )
    };
    let told = server.ask("POST", "/admin/v1/explain", Some(&question(options)?))?;
    say(&if options.json { told.to_string() } else { table::told(&told) });
    Ok(())
}

fn question(options: &ExplainOptions) -> Result<Value> {
    let mut headers = Map::new();
    for header in &options.headers {
        let Some((name, value)) = header.split_once(':') else {
            bail!("--header {header}: write NAME: VALUE")
        };
        headers.insert(name.trim().to_owned(), value.trim().into());
    }
    Ok(json!({
        "model": options.model,
        "prompt_tokens": options.prompt_tokens,
        "output_tokens": options.output_tokens,
        "stream": options.stream,
        "needs": options.needs,
        "key": options.key,
        "headers": headers,
        "prefer": options.prefer,
        "no_fallback": options.no_fallback,
        "surface": options.surface,
    }))
}
