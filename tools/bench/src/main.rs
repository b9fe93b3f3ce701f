//! `bench`: an upstream that pretends, a load generator, and the comparison of a gateway with nginx.
//!
//! Linux only, std only. It does not start gateways or nginx and pins nothing: the scripts beside it do.
//! README.md says what each figure means.

mod answers;
mod arguments;
mod chunked;
mod compare;
mod connection;
mod exchange;
mod figures;
mod floor_proxy;
mod head;
mod idle_streams;
mod load;
mod poll;
mod proc;
mod reply;
mod report;
mod startup;
mod statistics;
mod target;
mod upstream;

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use arguments::Arguments;
use target::Target;

const UPSTREAM_PORT_DEFAULT: u16 = 18080;
const PROXY_PORT_DEFAULT: u16 = 18081;

const USAGE: &str = "\
usage: bench COMMAND
  upstream --port P                              pretends to be a provider
  proxy    --port P --upstream Q                 hand-written epoll proxy: the floor in Rust
  compare  --target 'name=nginx;url=http://127.0.0.1:1/v1;key=k;pid=1' ... [options]
  startup  --url URL --key KEY -- command ...    exec -> listening -> first 200
  once     --target '...' [--stream]             one request; prints the answer
  body     [--model M] [--bytes N] [--max-tokens N]   prints a request body
  exec     -- command ...                        own session, raised scheduler weight";

#[expect(clippy::print_stderr, reason = "the usage text belongs on the terminal")]
fn main() -> ExitCode {
    let arguments = Arguments::from_process();
    let command = arguments.command_name();
    // Both sides of a comparison run with the same raised weight, started through this very program.
    if matches!(command, "upstream" | "proxy" | "compare" | "startup" | "exec") {
        poll::raise_scheduler_weight();
    }
    match command {
        "upstream" => upstream::serve(arguments.number("--port", UPSTREAM_PORT_DEFAULT)),
        "proxy" => floor_proxy::serve(
            arguments.number("--port", PROXY_PORT_DEFAULT),
            arguments.number("--upstream", UPSTREAM_PORT_DEFAULT),
        ),
        "compare" => compare::run(&arguments),
        "startup" => startup::run(&arguments),
        "once" => once(&arguments),
        "body" => print_body(&arguments),
        "exec" => replace_process(&arguments),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Sends one request and prints the whole answer; fails unless it is a 200.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the answer is this command's output")]
fn once(arguments: &Arguments) -> ExitCode {
    let Some(text) = arguments.value("--target") else {
        eprintln!("--target is needed");
        return ExitCode::from(2);
    };
    match exchange::once(&Target::parse(&text), arguments.has("--stream").then_some(exchange::PROBE_EVENTS)) {
        Ok((status, answer)) => {
            println!("{}", String::from_utf8_lossy(&answer));
            if status == 200 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the body is this command's output")]
fn print_body(arguments: &Arguments) -> ExitCode {
    let model = arguments.value("--model").unwrap_or_else(|| target::MODEL_DEFAULT.into());
    let max_tokens = arguments.value("--max-tokens").and_then(|text| text.parse().ok());
    print!("{}", target::chat_body(&model, arguments.number("--bytes", 1024), max_tokens));
    ExitCode::SUCCESS
}

/// Becomes the given command, which so inherits the raised weight.
#[expect(clippy::print_stderr, reason = "the only way left to say why nothing runs")]
fn replace_process(arguments: &Arguments) -> ExitCode {
    let Some((program, rest)) = arguments.after_dashes() else {
        eprintln!("exec needs `-- command ...`");
        return ExitCode::from(2);
    };
    eprintln!("{program}: {}", Command::new(program).args(rest).exec());
    ExitCode::from(127)
}
