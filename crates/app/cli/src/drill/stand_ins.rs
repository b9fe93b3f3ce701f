//! Something in the place of every secret that is not here: a drill sends none of them anywhere, and is often held where they are
//! not, such as before a change is taken. What is here is read, for two may be the same; nothing of it is shown.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use config::FILE_ENDING;
use config::yaml::{Key, Node, Value, parse};

use crate::environment;

/// Goes before the name of what it stands for.
const STAND_IN: &str = "stand-in-for-";
/// Where a proxy is that nobody knows. No connection is ever opened to it.
const PROXY: &str = "http://proxy.invalid:3128";
/// As much of a certificate and its key as a check looks at. Callers are not drilled by TLS.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n";

/// What a configuration refers to, and what of it turned out not to be here.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    /// Variables of secrets.
    secrets: BTreeSet<String>,
    /// Variables and files of proxies.
    proxies: BTreeSet<String>,
    /// Files of certificates.
    certificates: BTreeSet<PathBuf>,
    used: RefCell<BTreeSet<String>>,
    /// Whether any secret that is referred to is here.
    has_found: Cell<bool>,
}

impl StandIns {
    /// Of a text that may be no configuration at all: then there are none, and the check says why.
    pub(super) fn of(text: Option<&str>) -> Self {
        let mut found = Self::default();
        if let Some(root) = text.and_then(|text| parse("", text).ok()) {
            found.collect(&root, "");
            found.collect_usual(&root);
        }
        found
    }

    /// Those that stood in for something.
    pub(super) fn used(&self) -> Vec<String> {
        self.used.borrow().iter().cloned().collect()
    }

    /// Whether any of the secrets is here.
    pub(super) const fn has_found(&self) -> bool {
        self.has_found.get()
    }

    /// The variable, or what stands in for it.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let secret = name.strip_suffix(FILE_ENDING).unwrap_or(name);
        if let Some(text) = environment::variable(name) {
            self.has_found.set(self.has_found.get() || self.secrets.contains(secret));
            return Some(text);
        }
        let has_file = environment::variable(&format!("{name}{FILE_ENDING}")).is_some();
        let reference = format!("env:{name}");
        let stand_in = if self.proxies.contains(&reference) {
            PROXY.to_owned()
        } else if self.secrets.contains(name) {
            format!("{STAND_IN}{name}")
        } else {
            return None;
        };
        (!has_file).then(|| self.note(reference, stand_in))
    }

    /// The file, or what stands in for it. `path` may have the configuration's folder before it.
    pub(super) fn file(&self, path: &Path) -> Result<String, String> {
        let is_certificate = self.certificates.iter().any(|named| path.ends_with(named));
        if let Ok(text) = environment::read_file(path) {
            self.has_found.set(self.has_found.get() || !is_certificate);
            return Ok(text);
        }
        let shown = format!("file:{}", path.display());
        let is_proxy = |name: &String| name.strip_prefix("file:").is_some_and(|named| path.ends_with(named));
        let stand_in = if is_certificate {
            CERTIFICATE.to_owned()
        } else if self.proxies.iter().any(is_proxy) {
            PROXY.to_owned()
        } else {
            // One word without spaces, whatever the path has.
            let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            format!("{STAND_IN}{}", shown.chars().map(word).collect::<String>())
        };
        Ok(self.note(shown, stand_in))
    }

    fn note(&self, reference: String, stand_in: String) -> String {
        self.used.borrow_mut().insert(reference);
        stand_in
    }

    fn collect(&mut self, node: &Node, key: &str) {
        match &node.value {
            Value::Map(entries) => entries.iter().for_each(|(key, node)| self.collect(node, &key.text)),
            Value::List(items) => items.iter().for_each(|item| self.collect(item, key)),
            Value::Text(text) => self.refer(text, key),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {}
        }
    }

    fn refer(&mut self, text: &str, key: &str) {
        if key == "certificate" || key == "key" && !text.starts_with("env:") && !text.starts_with("file:") {
            self.certificates.insert(text.into());
        } else if key == "proxy" {
            self.proxies.insert(text.replacen(": ", ":", 1));
        } else if let Some(name) = text.strip_prefix("env:").map(str::trim).filter(|name| is_shouted(name)) {
            self.secrets.insert(name.to_owned());
        }
    }

    /// A provider without credentials and without an address of its own takes the usual variable of its kind.
    fn collect_usual(&mut self, root: &Node) {
        for (id, provider) in entry(root, "providers").map(entries).into_iter().flatten() {
            let kind = match entry(provider, "kind").map(|kind| &kind.value) {
                Some(Value::Text(kind)) => kind,
                _ => &id.text,
            };
            let is_said =
                ["credentials", "base_url", "lines"].iter().any(|key| entry(provider, key).is_some());
            let Some(kind) = providers::find(kind).filter(|_| !is_said) else { continue };
            if kind.key_variables.iter().any(|name| environment::variable(name).is_some()) {
                self.has_found.set(true);
            } else if let Some(usual) = kind.key_variables.first() {
                self.secrets.insert((*usual).to_owned());
            }
        }
    }
}

fn entries(node: &Node) -> &[(Key, Node)] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    entries(node).iter().find(|(known, _)| known.text == key).map(|(_, node)| node)
}

/// A name in capitals. What else stands behind `env:` may be the secret itself, which is then refused and never repeated.
fn is_shouted(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::StandIns;

    const TEXT: &str = "\
        providers:\n  \
          one: { base_url: 'http://a.example/v1', credentials: ['env:DRILL_NOT_SET', 'env:sk-not-a-name'], proxy: 'env:DRILL_PROXY' }\n  \
          # two: { credentials: ['env:DRILL_IN_A_COMMENT'] }\n\
        listeners: [{ address: '127.0.0.1:0', tls: { certificate: chain.pem, key: key.pem } }]\n";

    #[test]
    fn what_is_not_here_is_stood_in_for_and_noted() {
        let stand_ins = StandIns::of(Some(TEXT));
        assert_eq!(stand_ins.variable("DRILL_NOT_SET").as_deref(), Some("stand-in-for-DRILL_NOT_SET"));
        assert_eq!(stand_ins.variable("DRILL_PROXY").as_deref(), Some("http://proxy.invalid:3128"));
        assert!(stand_ins.file(Path::new("there/chain.pem")).unwrap().contains("BEGIN CERTIFICATE"));
        assert_eq!(stand_ins.file(Path::new("/not there/key")).unwrap(), "stand-in-for-file--not-there-key");
        let noted = ["env:DRILL_NOT_SET", "env:DRILL_PROXY", "file:/not there/key", "file:there/chain.pem"];
        assert_eq!(stand_ins.used(), noted);
    }

    #[test]
    fn nothing_else_is_made_up() {
        let stand_ins = StandIns::of(Some(TEXT));
        for name in ["DRILL_IN_A_COMMENT", "sk-not-a-name", "DRILL_NOT_SET_FILE", "DRILL_OTHER"] {
            assert_eq!(stand_ins.variable(name), None, "{name}");
        }
        assert!(StandIns::of(Some("providers: [")).used().is_empty());
    }
}
