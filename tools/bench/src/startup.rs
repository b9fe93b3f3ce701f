//! Time from exec to listening and to the first 200, with the memory and CPU spent until then.

use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::arguments::Arguments;
use crate::exchange;
use crate::proc;
use crate::target::{MODEL_DEFAULT, Target};

const GIVE_UP_AFTER: Duration = Duration::from_secs(90);
const ASK_EVERY: Duration = Duration::from_millis(1);
const END_WITHIN: Duration = Duration::from_secs(5);

/// Starts the command after `--`, prints its figures, and ends what it started.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are this command's output")]
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let (Some(url), Some((program, rest))) = (arguments.value("--url"), arguments.after_dashes()) else {
        eprintln!("startup needs --url URL and `-- command ...`");
        return ExitCode::from(2);
    };
    let key = arguments.value("--key").unwrap_or_default();
    let model = arguments.value("--model").unwrap_or_else(|| MODEL_DEFAULT.into());
    let mut target = Target::parse(&format!("name=x;url={url};key={key};model={model}"));
    arguments.values("--header").iter().for_each(|header| target.add_header(header));

    let started = Instant::now();
    let spawned = Command::new(program).args(rest).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            eprintln!("{program}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (listening_ms, first_200_ms) = wait_for_first_200(&target, started);
    let pids = proc::tree(child.id());
    let (rss_mib, cpu_ms) = (proc::resident_kib(&pids) / 1024.0, proc::cpu_us(&pids) / 1e3);
    println!(
        "listening_ms={listening_ms:.1} first_200_ms={first_200_ms:.1} rss_mib={rss_mib:.1} cpu_ms={cpu_ms:.0}"
    );
    end(&mut child, &pids);
    if first_200_ms.is_nan() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Milliseconds until the port takes connections and until the first 200; not a number for never.
#[expect(clippy::disallowed_methods, reason = "a foreign process tells nobody when it is ready")]
fn wait_for_first_200(target: &Target, started: Instant) -> (f64, f64) {
    let since_start_ms = || started.elapsed().as_secs_f64() * 1e3;
    let mut listening_ms = f64::NAN;
    while started.elapsed() < GIVE_UP_AFTER {
        if listening_ms.is_nan() && TcpStream::connect(&target.address).is_ok() {
            listening_ms = since_start_ms();
        }
        if !listening_ms.is_nan() && matches!(exchange::once(target, None), Ok((200, _))) {
            return (listening_ms, since_start_ms());
        }
        sleep(ASK_EVERY);
    }
    (listening_ms, f64::NAN)
}

/// Asks the whole tree to end, children first, and insists after a while.
#[expect(clippy::disallowed_methods, reason = "std has no wait with a deadline")]
fn end(child: &mut Child, pids: &[u32]) {
    for pid in pids.iter().rev() {
        crate::poll::signal(*pid, crate::poll::SIGNAL_TERMINATE);
    }
    let asked = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if asked.elapsed() > END_WITHIN {
            // It may have ended just now; then there is nothing left to do.
            child.kill().ok();
        }
        sleep(Duration::from_millis(10));
    }
}
