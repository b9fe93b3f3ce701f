//! Time limits and sizes of the whole proxy.

use super::deployment::Deployment;
use super::sources::{Files, Variables, milliseconds, whole};
use crate::draft::{Draft, TIMEOUT_MS_MAX};
use crate::report::Report;

/// What whole answers and first bytes are given unless configured.
const ANSWER_MS_DEFAULT: u64 = 30_000;
const FIRST_BYTE_MS_DEFAULT: u64 = 60_000;
const BYTES_MAX: u64 = 1 << 30;

/// Reads them into the draft.
pub(super) fn read(
    file: &str,
    deployments: &[Deployment],
    files: &Files,
    variables: &Variables<'_>,
    draft: &mut Draft,
    report: &mut Report,
) {
    let of_router = time(files, variables, ("router_settings", "timeout"), report);
    let general = match (of_router, files.setting("litellm_settings", "request_timeout")) {
        (Some(ms), Some(overruled)) => {
            let said = "router_settings.timeout goes before it, as it does in LiteLLM";
            report.lost(&overruled.about(), said, None);
            Some(ms)
        }
        (of_router, _) => {
            of_router.or_else(|| time(files, variables, ("litellm_settings", "request_timeout"), report))
        }
    };
    let of_streams = time(files, variables, ("router_settings", "stream_timeout"), report).or(general);
    let longest = |of: fn(&Deployment) -> Option<u64>| deployments.iter().filter_map(of).max();
    let answer = longest(|deployment| deployment.timeout_ms);
    let first_byte = longest(|deployment| deployment.stream_timeout_ms.or(deployment.timeout_ms));
    draft.answer_ms = of_all(general, answer, ANSWER_MS_DEFAULT);
    draft.first_byte_ms = of_all(of_streams, first_byte, FIRST_BYTE_MS_DEFAULT);
    if draft.answer_ms.is_none() && draft.first_byte_ms.is_none() {
        report.changed(
            &whole(file),
            "no time limit is set: LiteLLM waits for minutes, here a whole answer has 30 s, a long one up to 180 s, \
             and a stream 60 s to begin",
            Some("set timeouts where models need longer"),
        );
    }
    for deployment in deployments.iter().filter(|deployment| deployment.stream_timeout_ms.is_some()) {
        let said = "stream_timeout has no place at a target: its time limit is for both, and timeouts.first_byte_ms for all";
        report.changed(&deployment.about, said, None);
    }
    draft.body_bytes_max = size(files, "max_request_size_mb", "limits.body_bytes_max", 1024, report);
    draft.answer_bytes_max = size(files, "max_response_size_mb", "limits.answer_bytes_max", 65_536, report);
}

/// What is set for all, but no less than the longest of one target; nothing where the default is enough.
fn of_all(general: Option<u64>, longest: Option<u64>, default: u64) -> Option<u64> {
    let wanted = general.max(longest.filter(|ms| *ms > default))?;
    Some(wanted.min(TIMEOUT_MS_MAX))
}

fn time(
    files: &Files,
    variables: &Variables<'_>,
    (section, key): (&str, &str),
    report: &mut Report,
) -> Option<u64> {
    let value = files.setting(section, key)?;
    let text = variables.plain(&value, report)?;
    match milliseconds(&text) {
        Some(ms) if ms > TIMEOUT_MS_MAX => {
            report.changed(&value.about(), "cut to an hour, the longest limit here", None);
            Some(TIMEOUT_MS_MAX)
        }
        Some(ms) => {
            let said = format!(
                "the limit of all attempts together is {ms} ms, or that of the slowest target if longer"
            );
            report.changed(&value.about(), said, None);
            Some(ms)
        }
        None => {
            report.lost(&value.about(), "it is no number of seconds that makes a limit", None);
            None
        }
    }
}

fn size(files: &Files, key: &str, name: &str, least: u64, report: &mut Report) -> Option<u64> {
    let value = files.setting("general_settings", key)?;
    let megabytes: Option<f64> = value.text().and_then(|text| text.parse().ok());
    let bytes = megabytes.map(|mb| (mb * 1_048_576.0).round()).filter(|bytes| (1.0..1e15).contains(bytes));
    match bytes.map(|bytes| (bytes as u64).clamp(least, BYTES_MAX)) {
        Some(bytes) => {
            report.carried(&value.about(), format!("{name}: {bytes}"));
            Some(bytes)
        }
        None => {
            report.lost(&value.about(), "it is no size", None);
            None
        }
    }
}
