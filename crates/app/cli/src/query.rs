//! The path of a question to the admin API, and the query behind it.

/// A path of the admin API, of parts that are said by people.
pub(crate) fn path(parts: &[&str]) -> String {
    let mut path = "/admin/v1".to_owned();
    for part in parts {
        path.push('/');
        path.extend(part.bytes().map(escaped));
    }
    path
}

/// What was said, as `?name=value&…`; nothing for what was not.
pub(crate) fn query<'t>(said: impl IntoIterator<Item = (&'t str, Option<&'t str>)>) -> String {
    let mut text = String::new();
    for (name, value) in said {
        let Some(value) = value else { continue };
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.extend(value.bytes().map(escaped));
    }
    text
}

/// Whatever is no plain letter is written as its number (RFC 3986, 2.1).
fn escaped(byte: u8) -> String {
    let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    if is_plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

#[cfg(test)]
mod tests {
    use super::{path, query};

    #[test]
    fn what_was_said_is_escaped_and_nothing_else_is_there() {
        assert_eq!(query([("a", None)]), "");
        let said = [("a", Some("x y&z=é")), ("b", None), ("c", Some("key.*"))];
        assert_eq!(query(said), "?a=x%20y%26z%3D%C3%A9&c=key.%2A");
    }

    #[test]
    fn what_people_say_stays_one_part_of_a_path() {
        assert_eq!(
            path(&["organisations", "a/../b?c", "members"]),
            "/admin/v1/organisations/a%2F..%2Fb%3Fc/members"
        );
    }
}
