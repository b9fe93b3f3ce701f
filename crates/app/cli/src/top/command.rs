//! Whether to watch, or to look once.

use std::io::IsTerminal;

use anyhow::{Result, bail};

use super::live::watch;
use super::look::Look;
use super::order::Order;
use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, TopOptions};
use crate::environment;
use crate::say::say;

/// Watches until it is told to quit; where nobody can watch, it looks once.
pub(crate) fn run(data: &DataOptions, options: &TopOptions) -> Result<()> {
    let path = environment::data_dir(data)?;
    let Some(server) = AdminClient::find_in(path)? else {
        bail!(
            "no server runs here: only a running one knows how everybody is doing; start it, or set BELLWETHER_URL"
        )
    };
    let first = Look::at(&server)?;
    let is_watched = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if options.json {
        say(&first.json().to_string());
    } else if options.once || !is_watched {
        let lines: Vec<String> = first
            .lines(Order::default(), options.all, usize::MAX)
            .into_iter()
            .map(|line| line.text)
            .collect();
        say(&lines.join("\n"));
    } else {
        watch(&server, first, options)?;
    }
    Ok(())
}
