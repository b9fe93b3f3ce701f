//! What a provider is paid with: by the file, or by the usual variable of its kind.

use providers::Provider as Kind;

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::secret_source::{Credential, Told, first_held, resolve};
use crate::sources::Sources;

/// Those of the file.
pub(super) fn given(
    texts: &[String],
    path: &KeyPath,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Vec<Credential> {
    let mut credentials: Vec<Credential> = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        let path = path.index(place);
        let Some(credential) = resolve(text, &path, sources, report) else { continue };
        if credentials.iter().any(|known| known.secret == credential.secret) {
            report.add(&path, "a secret (not shown)", "is the same as one before it", None);
        }
        credentials.push(credential);
    }
    credentials
}

/// The kind's own variable. A provider with its own address gets no key that the file does not name: it might be
/// somebody else's machine.
pub(super) fn usual(
    kind: &Kind,
    has_own_address: bool,
    path: &KeyPath,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Vec<Credential> {
    if has_own_address {
        if kind.needs_key {
            report.note(format!(
                "{} has its own address and no credentials: requests carry no key",
                path.text()
            ));
        }
        return Vec::new();
    }
    match first_held(kind.key_variables, sources, report) {
        Ok(Some(credential)) => return vec![credential],
        Err(Told) => return Vec::new(),
        Ok(None) => {}
    }
    if kind.needs_key {
        let usual = kind.key_variables.first().copied().unwrap_or("NAME");
        let hint = format!("export {usual}=…, or write credentials: [\"file:/path\"]; [] sends no key");
        report.add(
            &path.key("credentials"),
            "nothing",
            format!("no credentials, and {usual} is not set"),
            hint,
        );
    }
    Vec::new()
}
