//! What a command answers, on standard output.

use std::io::Write;

/// Prints the command's answer; a reader who has seen enough is no error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
