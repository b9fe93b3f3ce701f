//! `cargo xtask tidy`: the findings of `tidy`, without the frame of a test around them.
//!
//! `make test` runs the same rules as a test (tests/tidy.rs); this is for editors and for the impatient.

use std::path::Path;
use std::process::ExitCode;

use xtask::tidy;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "findings are this program's output")]
fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments != ["tidy"] {
        eprintln!("usage: cargo xtask tidy");
        return Ok(ExitCode::from(2));
    }
    let findings = tidy::check(Path::new(tidy::ROOT))?;
    for finding in &findings {
        println!("{finding}");
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
