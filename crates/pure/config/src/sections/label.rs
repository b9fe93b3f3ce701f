//! Names that become metric labels and parts of ids: regions, services, providers.

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::shown;

/// Longest name.
const LABEL_BYTES_MAX: usize = 64;

/// A name that becomes a metric label, checked.
pub(crate) fn label(text: String, path: &KeyPath, report: &mut Report) -> String {
    if let Some(flaw) = label_flaw(&text) {
        report.add(path, shown::text(&text), flaw, None);
    }
    text
}

/// What keeps a text from being a name: used for regions, services and providers alike.
pub(crate) fn label_flaw(text: &str) -> Option<String> {
    let is_plain =
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    let is_name = is_plain && !text.is_empty() && text.len() <= LABEL_BYTES_MAX;
    (!is_name).then(|| format!("must be 1 to {LABEL_BYTES_MAX} letters, digits, dots, dashes or underscores"))
}
