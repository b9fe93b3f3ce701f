//! Secrets by reference: `env:NAME`, `file:/path`, `secret:NAME` of the gateway's own store, or (discouraged) the text itself.
//! What is found is never shown.
//!
//! Wherever a variable `NAME` holds a secret, `NAME_FILE` may name a file that holds it.

use std::path::Path;

use domain::Secret;

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::secret_use::SecretUse;
use crate::shown;
use crate::sources::{Sources, Stored};

/// How a secret is given.
const FORMS: &str = "must be env:NAME, file:/path, secret:NAME or a secret";
/// Longest name of a secret in the store.
const STORED_NAME_BYTES_MAX: usize = 64;
/// Longest secret.
const SECRET_BYTES_MAX: usize = 16 * 1024;

/// A name behind `env:` that is this long, with small letters and digits, and not set, is rather the secret itself.
const SECRET_NAME_BYTES_MIN: usize = 20;

/// Behind the name of a variable for a secret: the variable that names a file with that secret.
pub const FILE_ENDING: &str = "_FILE";

/// How what stands for a secret begins whose store is not open yet.
pub(crate) const NOT_OPEN: &str = "http://of-the-store:";

/// A secret and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    /// The secret itself.
    pub secret: Secret,
    /// `env:NAME`, `env:NAME_FILE (/path)`, `file:/path`, `secret:NAME`, or the path of the value in the configuration: what to name
    /// when it turns out bad.
    pub origin: String,
    /// How a file names it without holding it; `None` for one that stands in the file as plain text.
    pub reference: Option<String>,
}

/// A secret as a variable, or the file of its twin, holds it.
pub(crate) struct Held {
    pub(crate) text: String,
    pub(crate) origin: String,
}

/// Why a variable gives no secret although it is meant to: the variable at fault, and what is wrong.
pub(crate) struct NotHeld {
    pub(crate) variable: String,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// The secret of the variable `name`, else that of the file which `name` with `_FILE` names; `None` if neither is set.
pub(crate) fn held(name: &str, sources: &Sources<'_>) -> Result<Option<Held>, NotHeld> {
    let file_variable = format!("{name}{FILE_ENDING}");
    match (sources.variable(name), sources.variable(&file_variable)) {
        (None, None) => Ok(None),
        (Some(text), None) => Ok(Some(Held { text, origin: format!("env:{name}") })),
        (Some(_), Some(_)) => Err(NotHeld {
            message: format!("{name} and {file_variable} are both set"),
            hint: Some("unset one of them".to_owned()),
            variable: file_variable,
        }),
        (None, Some(path)) => match (sources.read_file)(Path::new(&path)) {
            Ok(text) => Ok(Some(Held {
                text: text.trim().to_owned(),
                origin: format!("env:{file_variable} ({})", shown::path(&path)),
            })),
            Err(error) => Err(NotHeld {
                message: format!("cannot read the file that {file_variable} names: {error}"),
                hint: None,
                variable: file_variable,
            }),
        },
    }
}

/// The first of these variables that holds a secret; one that is meant to and does not is a problem.
pub(crate) fn first_held(
    names: &[&str],
    sources: &Sources<'_>,
    report: &mut Report,
) -> Result<Option<Credential>, Told> {
    for name in names {
        match held(name, sources) {
            Ok(None) => {}
            Ok(Some(found)) => return of_variable(name, found, report).map(Some),
            Err(not_held) => {
                report.add_outside(&not_held.variable, "", not_held.message, not_held.hint);
                return Err(Told);
            }
        }
    }
    Ok(None)
}

/// There is no secret, and the report says why.
pub(crate) struct Told;

fn of_variable(name: &str, found: Held, report: &mut Report) -> Result<Credential, Told> {
    if let Some(flaw) = flaw(&found.text) {
        let variable = found.origin.trim_start_matches("env:").to_owned();
        report.add_outside(&variable, "a secret (not shown)", flaw, None);
        return Err(Told);
    }
    let reference = Some(format!("env:{name}"));
    Ok(Credential { secret: Secret::new(found.text), origin: found.origin, reference })
}

/// Where a text says that the secret is.
enum Reference<'t> {
    Variable(&'t str),
    File(&'t str),
    Stored(&'t str),
    Plain,
}

fn reference(text: &str) -> Reference<'_> {
    if let Some(name) = text.strip_prefix("env:") {
        return Reference::Variable(name.trim());
    }
    if let Some(name) = text.strip_prefix("secret:") {
        return Reference::Stored(name.trim());
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
        Reference::File(_) | Reference::Stored(_) | Reference::Plain => None,
    }
}

/// Fetches the secret; what keeps it from being fetched is told.
pub(crate) fn resolve(
    text: &str,
    path: &KeyPath,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Option<Credential> {
    let (found, origin) = match reference(text) {
        Reference::Variable(name) => from_variable(name, path, sources, report)?,
        Reference::File(file) => (from_file(file, path, sources, report)?, text.to_owned()),
        Reference::Stored(name) => (from_store(name, path, sources, report)?, format!("secret:{name}")),
        Reference::Plain => {
            let braced = text.trim().strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            if let Some(inner) = braced.filter(|inner| is_reference(inner)) {
                report.add(
                    path,
                    "a reference in braces",
                    FORMS,
                    format!("write \"{}\"", shown_reference(inner)),
                );
                return None;
            }
            if let Some(name) = meant_variable(text) {
                let hint = format!("write \"env:{name}\"");
                report.add(path, "the name of a variable", FORMS, hint);
                return None;
            }
            (text.to_owned(), path.text().to_owned())
        }
    };
    if let Some(flaw) = flaw(&found) {
        report.add(path, shown_reference(text), flaw, None);
        return None;
    }
    let is_plain = matches!(reference(text), Reference::Plain);
    if is_plain {
        report.note(format!(
            "{} holds a secret as plain text; env:NAME, file:/path or secret:NAME keeps it out of copies of the configuration",
            path.text()
        ));
    }
    Some(Credential { secret: Secret::new(found), origin, reference: (!is_plain).then(|| text.to_owned()) })
}

fn from_variable(
    name: &str,
    path: &KeyPath,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Option<(String, String)> {
    let held = held(name, sources);
    let may_be_a_secret = name.len() >= SECRET_NAME_BYTES_MIN
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && name.bytes().any(|byte| byte.is_ascii_digit());
    if !is_variable_name(name) || may_be_a_secret && matches!(held, Ok(None)) {
        let hint = "the part after env: is a name such as EXAMPLE_API_KEY".to_owned();
        // Somebody may have put the secret itself behind `env:`.
        report.add(path, "no name of a variable", FORMS, hint);
        return None;
    }
    match held {
        Ok(Some(found)) => return Some((found.text, found.origin)),
        Err(not_held) => report.add(path, format!("env:{name}"), not_held.message, not_held.hint),
        Ok(None) => {
            let names = sources.env_names.iter().map(String::as_str).filter(|name| name.contains("KEY"));
            let state = if (sources.env)(name).is_some() { "empty" } else { "not set" };
            // Another number is another key, no slip.
            let letters = |name: &str| name.replace(|c: char| c.is_ascii_digit() || c == '_', "");
            let near = crate::near::nearest(name, names).filter(|near| letters(near) != letters(name));
            let hint = near.map_or_else(
                || format!("export {name}=… or {name}{FILE_ENDING}=/path before the start"),
                |near| format!("export {name}=…, or did you mean env:{near}?"),
            );
            report.add(path, format!("env:{name}"), format!("the variable {name} is {state}"), hint);
        }
    }
    None
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

fn from_store(name: &str, path: &KeyPath, sources: &Sources<'_>, report: &mut Report) -> Option<String> {
    if !is_stored_name(name) {
        let hint = "the part after secret: is a name that `bellwether secrets list` shows".to_owned();
        // Somebody may have put the secret itself behind `secret:`.
        report.add(path, "no name of a secret", FORMS, hint);
        return None;
    }
    report.note_use(SecretUse { name: name.to_owned(), path: path.text().to_owned() });
    match (sources.stored)(name) {
        Stored::Found(secret) => return Some(secret.expose().to_owned()),
        // It is only looked at whether the rest is good: this could be a key, and a proxy's address as well.
        Stored::NotOpen => return Some(format!("{NOT_OPEN}{name}@not-open:1")),
        Stored::Unreadable(why) => {
            let hint = format!("give it anew: bellwether secrets set {name}");
            report.add(path, format!("secret:{name}"), format!("the secret cannot be opened: {why}"), hint);
        }
        Stored::Missing(names) => {
            let set = format!("bellwether secrets set {name}");
            let near = crate::near::nearest(name, names.iter().map(String::as_str));
            let hint = near.map_or(set.clone(), |near| format!("{set}, or did you mean secret:{near}?"));
            report.add(path, format!("secret:{name}"), format!("the store holds no secret {name}"), hint);
        }
    }
    None
}

/// Whether a secret of the store may have this name.
pub fn is_stored_name(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=STORED_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(is_word)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// A reference may be shown, a secret not.
pub(crate) fn shown_reference(text: &str) -> String {
    match reference(text) {
        Reference::Plain => "a secret (not shown)".to_owned(),
        Reference::Variable(name) => format!("env:{name}"),
        Reference::File(file) => format!("file:{}", shown::path(file)),
        Reference::Stored(name) if is_stored_name(name) => format!("secret:{name}"),
        Reference::Stored(_) => "secret: (not shown)".to_owned(),
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
