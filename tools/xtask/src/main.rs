//! `cargo xtask tidy`, `cargo xtask docs` and `cargo xtask catalog`: findings printed, pages written, without the frame of a
//! test around them.
//!
//! `make test` checks the same as tests (tests/tidy.rs, tests/docs.rs, and models.rs of the providers); this is for editors and for the impatient.

use std::path::Path;
use std::process::ExitCode;

use xtask::{ROOT, docs, tidy};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "findings are this program's output")]
fn main() -> anyhow::Result<ExitCode> {
    let root = Path::new(ROOT);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => {
            let findings = tidy::check(root)?;
            for finding in &findings {
                println!("{finding}");
            }
            Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        ["docs"] => {
            for path in docs::write(root)? {
                println!("{path}: written");
            }
            Ok(ExitCode::SUCCESS)
        }
        ["catalog"] => {
            let flaws = providers::models::shipped_flaws();
            for (file, flaw) in &flaws {
                println!("crates/pure/providers/catalog/models/{file}: {flaw}");
            }
            Ok(if flaws.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        _ => {
            eprintln!("usage: cargo xtask tidy | cargo xtask docs | cargo xtask catalog");
            Ok(ExitCode::from(2))
        }
    }
}
