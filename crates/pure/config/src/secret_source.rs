//! Secrets by reference: `env:NAME`, `file:/path`, or (discouraged) the text itself. What is found is never shown.

use std::path::Path;

use domain::Secret;

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::shown;
use crate::sources::Sources;

/// Longest secret.
const SECRET_BYTES_MAX: usize = 16 * 1024;

/// A name behind `env:` that is this long, with small letters and digits, and not set, is rather the secret itself.
const SECRET_NAME_BYTES_MIN: usize = 20;

/// A secret and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    /// The secret itself.
    pub secret: Secret,
    /// `env:NAME`, `file:/path`, or the path of the value in the configuration: what to name when it turns out bad.
    pub origin: String,
}

/// Where a text says that the secret is.
enum Reference<'t> {
    Variable(&'t str),
    File(&'t str),
    Plain,
}

fn reference(text: &str) -> Reference<'_> {
    if let Some(name) = text.strip_prefix("env:") {
        return Reference::Variable(name.trim());
    }
    text.strip_prefix("file:").map_or(Reference::Plain, |path| Reference::File(path.trim()))
}

/// Whether a text only says where the secret is.
pub(crate) fn is_reference(text: &str) -> bool {
    !matches!(reference(text), Reference::Plain)
}

/// The variable that a reference names, if it names one.
pub(crate) fn variable_named(text: &str) -> Option<&str> {
    match reference(text) {
        Reference::Variable(name) => Some(name),
        Reference::File(_) | Reference::Plain => None,
    }
}

/// Fetches the secret; what keeps it from being fetched is told.
pub(crate) fn resolve(
    text: &str,
    path: &KeyPath,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Option<Credential> {
    let found = match reference(text) {
        Reference::Variable(name) => from_variable(name, path, sources, report)?,
        Reference::File(file) => from_file(file, path, sources, report)?,
        Reference::Plain => {
            if let Some(name) = meant_variable(text) {
                let hint = format!("write \"env:{name}\"");
                report.add(path, "the name of a variable", "must be env:NAME, file:/path or a secret", hint);
                return None;
            }
            text.to_owned()
        }
    };
    let origin = match reference(text) {
        Reference::Plain => path.text().to_owned(),
        _ => text.to_owned(),
    };
    if let Some(flaw) = flaw(&found) {
        report.add(path, shown_reference(text), flaw, None);
        return None;
    }
    if matches!(reference(text), Reference::Plain) {
        report.note(format!(
            "{} holds a secret as plain text; env:NAME or file:/path keeps it out of copies of the configuration",
            path.text()
        ));
    }
    Some(Credential { secret: Secret::new(found), origin })
}

fn from_variable(name: &str, path: &KeyPath, sources: &Sources<'_>, report: &mut Report) -> Option<String> {
    let may_be_a_secret = name.len() >= SECRET_NAME_BYTES_MIN
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && name.bytes().any(|byte| byte.is_ascii_digit());
    if !is_variable_name(name) || may_be_a_secret && sources.variable(name).is_none() {
        let hint = "the part after env: is a name such as EXAMPLE_API_KEY".to_owned();
        // Somebody may have put the secret itself behind `env:`.
        report.add(path, "no name of a variable", "must be env:NAME, file:/path or a secret", hint);
        return None;
    }
    let found = sources.variable(name);
    if found.is_none() {
        let names = sources.env_names.iter().map(String::as_str).filter(|name| name.contains("KEY"));
        let state = if (sources.env)(name).is_some() { "empty" } else { "not set" };
        let near = crate::near::nearest(name, names).filter(|near| *near != name);
        let hint = near.map_or_else(
            || format!("export {name}=… before the start"),
            |near| format!("did you mean env:{near}?"),
        );
        report.add(path, format!("env:{name}"), format!("the variable {name} is {state}"), hint);
    }
    found
}

fn from_file(file: &str, path: &KeyPath, sources: &Sources<'_>, report: &mut Report) -> Option<String> {
    if file.is_empty() {
        report.add(path, "file:", "names no file", "write file:/path/to/secret".to_owned());
        return None;
    }
    match (sources.read_file)(Path::new(file)) {
        Ok(text) => Some(text.trim().to_owned()),
        Err(error) => {
            report.add(
                path,
                shown_reference(&format!("file:{file}")),
                format!("cannot read the file: {error}"),
                None,
            );
            None
        }
    }
}

/// A reference may be shown, a secret not.
fn shown_reference(text: &str) -> String {
    match reference(text) {
        Reference::Plain => "a secret (not shown)".to_owned(),
        Reference::Variable(name) => format!("env:{name}"),
        Reference::File(file) => format!("file:{}", shown::path(file)),
    }
}

/// Credentials go into a header: one word of visible ASCII.
fn flaw(secret: &str) -> Option<&'static str> {
    if secret.is_empty() {
        return Some("the secret is empty");
    }
    if secret.len() > SECRET_BYTES_MAX {
        return Some("the secret is longer than 16 KiB");
    }
    let is_one_word = secret.bytes().all(|byte| byte.is_ascii_graphic());
    (!is_one_word).then_some("the secret holds a space, a line break or a character that is not ASCII")
}

/// The variable somebody meant who wrote `$NAME`, `${NAME}`, `os.environ/NAME` or just `NAME`.
fn meant_variable(text: &str) -> Option<&str> {
    let text = text.trim();
    let braced = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let marked = braced.or_else(|| text.strip_prefix('$')).or_else(|| text.strip_prefix("os.environ/"));
    let is_shouted = text.contains('_') && text.bytes().all(|byte| byte == b'_' || byte.is_ascii_uppercase());
    marked
        .or_else(|| is_shouted.then_some(text))
        .filter(|name| is_variable_name(name) && !name.bytes().any(|byte| byte.is_ascii_lowercase()))
}

fn is_variable_name(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty()
        && name.len() <= 100
        && name.bytes().all(is_word)
        && !name.starts_with(|c: char| c.is_ascii_digit())
}
