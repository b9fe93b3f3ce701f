//! Where a secret comes from: standard input or a variable, never an argument.

use std::io::{IsTerminal, Read, stdin};

use anyhow::{Context, Result, bail};
use domain::Secret;
use store::SECRET_BYTES_MAX;

use crate::environment;

/// Reads the secret. White space around it, such as the end of a line, is no part of it.
pub(super) fn read(from_env: Option<&str>) -> Result<Secret> {
    if let Some(variable) = from_env {
        let text = environment::variable(variable);
        let text = text.with_context(|| format!("the variable {variable} is not set, or is empty"))?;
        return Ok(Secret::new(text.trim().to_owned()));
    }
    if stdin().is_terminal() {
        bail!(
            "the secret is read from standard input, where it would be seen while it is typed; \
             say --from-env VARIABLE, or pipe it in: bellwether secrets set NAME < file"
        );
    }
    let mut text = String::new();
    // Room for the end of a line, and one byte more than fits.
    let limited = stdin().lock().take(SECRET_BYTES_MAX as u64 + 3).read_to_string(&mut text);
    limited.context("cannot read the secret from standard input")?;
    if text.trim().is_empty() {
        bail!("standard input holds no secret");
    }
    Ok(Secret::new(text.trim().to_owned()))
}
