//! What people type, checked: names, addresses, tags.

use std::collections::BTreeMap;

use super::deed::Deed;
use super::error::{TENANCY_TAGS_MAX, TenancyError};
use crate::words::{is_line, line};

/// Longest name of an organisation, a project, a user, a token, or text of a tag.
pub const TENANCY_NAME_CHARS_MAX: usize = 100;
/// Longest reason.
const REASON_CHARS_MAX: usize = 500;
/// Longest name of who does it: an address and an id.
const BY_CHARS_MAX: usize = 400;
/// Longest e-mail address (RFC 5321 leaves 254).
const EMAIL_BYTES_MAX: usize = 254;

pub(super) fn name(what: &'static str, wish: &str) -> Result<String, TenancyError> {
    line(wish, TENANCY_NAME_CHARS_MAX).ok_or(TenancyError::BadText(what))
}

/// An address in small letters: people write theirs in several ways, and mean one.
pub(super) fn email(wish: &str) -> Result<String, TenancyError> {
    let text = wish.trim().to_lowercase();
    let is_fit = text.len() <= EMAIL_BYTES_MAX
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;\"()".contains(c))
        && text.split_once('@').is_some_and(|(who, host)| {
            !who.is_empty()
                && !host.is_empty()
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
        });
    if is_fit { Ok(text) } else { Err(TenancyError::BadEmail(wish.chars().take(EMAIL_BYTES_MAX).collect())) }
}

/// Why, and who says he does it; nothing is fine, too.
pub(super) fn said(deed: &Deed) -> Result<(), TenancyError> {
    if !is_line(&deed.reason, REASON_CHARS_MAX) {
        return Err(TenancyError::BadReason);
    }
    if deed.who.by.as_deref().is_some_and(|by| !is_line(by, BY_CHARS_MAX)) {
        return Err(TenancyError::BadText("the name of who does it"));
    }
    Ok(())
}

pub(super) fn tags(wish: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, TenancyError> {
    let are_fit = wish.len() <= TENANCY_TAGS_MAX
        && wish.iter().all(|(tag, text)| name("a tag", tag).is_ok() && name("a tag", text).is_ok());
    if are_fit { Ok(wish) } else { Err(TenancyError::BadTags) }
}

#[cfg(test)]
mod tests {
    use super::{email, name};

    #[test]
    fn addresses_are_one_however_they_are_written() {
        assert_eq!(email(" Ada@Example.COM ").unwrap(), "ada@example.com");
        assert_eq!(email("é@exämple.com").unwrap(), "é@exämple.com");
        for bad in
            ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "ada@.com", "ada@com.", "<ada@example.com>"]
        {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert!(email(&format!("{}@example.com", "a".repeat(250))).is_err());
    }

    #[test]
    fn names_fit_into_a_listing() {
        assert_eq!(name("a name", "  Acme & Sons ").unwrap(), "Acme & Sons");
        for bad in ["", "  ", "two\nlines", &"x".repeat(101)] {
            assert!(name("a name", bad).is_err(), "{bad:?}");
        }
        assert!(name("a name", &"é".repeat(100)).is_ok());
    }
}
