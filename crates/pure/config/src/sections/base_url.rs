//! Where a provider is: by the file, a variable or the catalogue.

use domain::BaseUrl;
use providers::Provider as Kind;

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::shown;
use crate::sources::Sources;

/// The kind's variable for it, else the catalogue's.
pub(super) fn usual(kind: &Kind, path: &KeyPath, sources: &Sources<'_>, report: &mut Report) -> BaseUrl {
    if let Some((name, text)) = sources.first_variable(kind.base_url_variables) {
        return parse_variable(kind, name, &text, report).unwrap_or_else(stand_in);
    }
    let Some(text) = kind.base_url else {
        let is_told = ["kind", "lines"].iter().any(|key| report.is_broken(&path.key(key)));
        if !is_told {
            let hint = "write where it is, such as http://127.0.0.1:8000/v1".to_owned();
            let message = format!("is required: kind {} has no address of its own", kind.name);
            report.add(&path.key("base_url"), "nothing", message, hint);
        }
        return stand_in();
    };
    BaseUrl::parse(text).expect("a test parses every base URL of the catalogue")
}

/// An address of the file, or a problem with it.
pub(super) fn parse(text: &str, path: &KeyPath, report: &mut Report) -> BaseUrl {
    BaseUrl::parse(text).unwrap_or_else(|error| {
        report.add(path, shown::text(text), error.to_string(), url_hint(text));
        stand_in()
    })
}

/// A base URL from one of the kind's variables, or a problem with that variable.
pub(super) fn parse_variable(kind: &Kind, name: &str, text: &str, report: &mut Report) -> Option<BaseUrl> {
    let text = kind.base_url_from_variable(text);
    BaseUrl::parse(&text)
        .map_err(|error| report.add_outside(name, shown::text(&text), error.to_string(), url_hint(&text)))
        .ok()
}

fn url_hint(text: &str) -> Option<String> {
    let is_bare_host =
        !text.contains("://") && text.contains(['.', ':']) && !text.contains(char::is_whitespace);
    let scheme = if text.starts_with("localhost") || text.starts_with("127.") { "http" } else { "https" };
    (is_bare_host && BaseUrl::parse(&format!("{scheme}://{text}")).is_ok())
        .then(|| format!("write it with its scheme, starting {scheme}://"))
}

/// Keeps a place whose own URL was refused: with a problem in the report the snapshot is refused as well.
fn stand_in() -> BaseUrl {
    BaseUrl::parse("http://refused.invalid").expect("it is a URL")
}
