//! What the server says of itself: whether it takes calls, its configuration, its providers' keys and lines, its switches.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::report::{Report, Verdict};
use super::server::Server;

/// Keys of many providers are tried one after the other.
const KEYS_LIMIT: Duration = Duration::from_secs(150);
const READY_LIMIT: Duration = Duration::from_secs(5);

/// Whether it takes calls.
pub(super) fn readiness(server: &Server, report: &mut Report) {
    match server.open().get("/health/ready", READY_LIMIT) {
        Ok((status, _)) if status.is_success() => report.add("ready", "server", Verdict::Good, ""),
        Ok((status, _)) => {
            report.add("ready", "server", Verdict::Bad, format!("/health/ready answers {}", status.as_u16()));
        }
        Err(error) => report.add("ready", "server", Verdict::Bad, format!("{error:#}")),
    }
}

/// Whether what is in force is what the file says.
pub(super) fn configuration(server: &Server, report: &mut Report) -> Result<()> {
    let config = server.admin.ask("GET", "/admin/v1/config", None)?;
    let file = config["file"].as_str().unwrap_or("the environment").to_owned();
    let (problems, restart) = (texts(&config["problems"]), texts(&config["needs_restart"]));
    if !problems.is_empty() {
        let detail = format!("the file is refused, a former one is in force: {}", problems.join("; "));
        report.add("configuration", file, Verdict::Bad, detail);
    } else if !restart.is_empty() {
        let detail = format!("needs a restart: {}", restart.join(", "));
        report.add("configuration", file, Verdict::Warning, detail);
    } else {
        report.add("configuration", file, Verdict::Good, "");
    }
    Ok(())
}

/// Whether providers take their keys: each is asked anew, at no cost.
pub(super) fn keys(server: &Server, report: &mut Report) -> Result<()> {
    let checked = server.admin.ask_within(KEYS_LIMIT, "POST", "/admin/v1/providers/check", None)?;
    for provider in list(&checked["providers"]) {
        let id = provider["id"].as_str().unwrap_or_default();
        let has_working = provider["state"] == "working";
        for key in list(&provider["keys"]) {
            let verdict = match key["state"].as_str().unwrap_or_default() {
                "working" => Verdict::Good,
                "unchecked" => Verdict::Skipped,
                _ if has_working => Verdict::Warning,
                _ => Verdict::Bad,
            };
            let source = key["source"].as_str().unwrap_or("no key");
            let words = key["message"].as_str().unwrap_or_default();
            let state = key["state"].as_str().unwrap_or_default();
            let detail =
                if words.is_empty() { source.to_owned() } else { format!("{source} {state}: {words}") };
            report.add("key", id, verdict, detail);
        }
    }
    Ok(())
}

/// What operators have taken out.
pub(super) fn switches(server: &Server, report: &mut Report) -> Result<()> {
    let listed = server.admin.ask("GET", "/admin/v1/providers", None)?;
    for switch in list(&listed["providers"]).iter().flat_map(|provider| list(&provider["switches"])) {
        let text = |field: &str| switch[field].as_str().unwrap_or_default();
        let part =
            |field: &str| switch[field].as_str().map(|name| format!(", {field} {name}")).unwrap_or_default();
        let of = format!("{}{}{}", text("provider"), part("region"), part("model"));
        let detail = format!("{} since {}: {}", text("position"), text("since"), text("reason"));
        report.add("switch", of, Verdict::Warning, detail);
    }
    Ok(())
}

/// Whether those who pay have something left.
pub(super) fn balances(server: &Server, report: &mut Report) -> Result<()> {
    let listed = server.admin.ask("GET", "/admin/v1/accounts", None)?;
    for account in list(&listed["accounts"]) {
        let text = |field: &str| account[field].as_str().unwrap_or_default();
        let whose = account["project"].as_str().unwrap_or(text("organisation"));
        let has_none = text("available") == "0" || text("available").starts_with('-');
        let verdict = match (has_none, account["is_low"] == true) {
            (true, _) => Verdict::Bad,
            (false, true) => Verdict::Warning,
            (false, false) => Verdict::Good,
        };
        let (available, currency) = (text("available"), text("currency"));
        let detail = match verdict {
            Verdict::Bad => format!("nothing is left ({available} {currency}): calls get 402"),
            Verdict::Warning => {
                format!("{available} {currency} left; its owner is warned below {}", text("warn_below"))
            }
            _ => format!("{available} {currency} left"),
        };
        report.add("balance", format!("account {} of {whose}", account["number"]), verdict, detail);
    }
    Ok(())
}

fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
