//! What we know about a vendor. Credentials and configured addresses are not kept here.

use dialects::Dialect;
use dialects::surface::Operation;

use crate::auth::Auth;
use crate::balance::BalanceAsk;
use crate::key_check::{KeyCheck, MODELS};
use crate::quirk::Quirks;

/// A vendor, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The catalogue's name: `kind` in the configuration, and the id of a provider made from the environment.
    pub name: &'static str,
    /// What it speaks; the first is what others are translated into. A caller who speaks one of them is passed through.
    pub dialects: &'static [Dialect],
    /// Where it is, up to where each request's own path (`/chat/completions`) begins; `None` must be configured.
    pub base_url: Option<&'static str>,
    /// How a request proves who pays for it.
    pub auth: Auth,
    /// Headers that every request must carry; a caller's own of the same name goes before.
    pub fixed_headers: &'static [(&'static str, &'static str)],
    /// Whether it refuses requests without a credential. Servers that people run themselves mostly do not.
    pub needs_key: bool,
    /// Variables that hold a key, the usual one first.
    pub key_variables: &'static [&'static str],
    /// Variables that move the base URL, the usual one first.
    pub base_url_variables: &'static [&'static str],
    /// How a key is tried at no cost; `None` where nothing free tells a good key from a bad one.
    pub key_check: Option<KeyCheck>,
    /// How it tells what is left on the account of a key, at no cost: questions to be tried in turn; none where it does not tell.
    pub balance: &'static [BalanceAsk],
    /// What is appended to a base URL from a variable that has no path, for vendors whose users leave it out.
    pub base_url_suffix: &'static str,
    /// What it serves beside conversations; `None` where nobody knows, and it is asked.
    pub surfaces: Option<&'static [Operation]>,
    /// How its chat requests differ.
    pub quirks: Quirks,
}

/// The kind of a provider that nobody has catalogued: OpenAI's dialect at a configured address.
pub static COMPATIBLE: Provider = Provider {
    name: "compatible",
    dialects: &[Dialect::OpenAiChat],
    base_url: None,
    auth: Auth::Bearer,
    fixed_headers: &[],
    needs_key: false,
    key_variables: &[],
    base_url_variables: &[],
    key_check: Some(MODELS),
    balance: &[],
    base_url_suffix: "",
    surfaces: None,
    quirks: Quirks::NONE,
};

impl Provider {
    /// The base URL that a variable's text means.
    pub fn base_url_from_variable(&self, text: &str) -> String {
        let trimmed = text.trim().trim_end_matches('/');
        let after_scheme = trimmed.split_once("://").map_or(trimmed, |(_, rest)| rest);
        let suffix = if after_scheme.contains('/') { "" } else { self.base_url_suffix };
        format!("{trimmed}{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::{COMPATIBLE, Provider};

    #[test]
    fn a_suffix_is_added_only_where_a_path_is_missing() {
        let check = |suffix, text: &str, expected: &str| {
            let provider = Provider { base_url_suffix: suffix, ..COMPATIBLE.clone() };
            assert_eq!(provider.base_url_from_variable(text), expected, "{text}");
        };
        check("/v1", "http://localhost:11434", "http://localhost:11434/v1");
        check("/v1", "http://localhost:11434/", "http://localhost:11434/v1");
        check("/v1", "http://localhost:11434/api/v2/", "http://localhost:11434/api/v2");
        check("", " https://example.com/ ", "https://example.com");
    }
}
