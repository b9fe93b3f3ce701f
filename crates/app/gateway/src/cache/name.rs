//! What an answer is known by: a digest of everything that may change it. What is not in here must not.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use http::HeaderValue;
use routing::CacheScope;

/// Digits of a name that callers are told.
const DIGITS_TOLD: usize = 16;

/// What an answer is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AnswerName([u8; 32]);

impl AnswerName {
    /// Enough of it to tell two apart.
    pub(crate) fn told(&self) -> HeaderValue {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; DIGITS_TOLD];
        for (place, digit) in text.iter_mut().enumerate() {
            let byte = self.0[place / 2];
            *digit = DIGITS[usize::from(if place % 2 == 0 { byte >> 4 } else { byte & 15 })];
        }
        HeaderValue::from_bytes(&text).expect("hexadecimal digits are visible ASCII")
    }

    /// In which of so many parts of a table it stands.
    pub(super) fn part(&self, parts: usize) -> usize {
        usize::from(self.0[0]) % parts
    }

    #[cfg(test)]
    pub(super) const fn of_test(byte: u8) -> Self {
        Self([byte; 32])
    }
}

/// Everything that may change an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// Who has kept answers in common.
    pub(crate) scope: CacheScope,
    /// Whose it is within that scope: the id of a key, a project or an organisation.
    pub(crate) tenant: &'a str,
    /// The key, where it alone decides whom it may be asked of.
    pub(crate) key: Option<&'a str>,
    /// Whether the key wants nothing lost.
    pub(crate) is_strict: bool,
    /// Who serves what, and how: the number of the configuration of that.
    pub(crate) revision: u64,
    /// How often it was flushed.
    pub(crate) epoch: u64,
    /// The caller's dialect.
    pub(crate) dialect: &'a str,
    /// What he wants, as a path.
    pub(crate) path: &'a str,
    /// The headers that may change an answer, by their names in order.
    pub(crate) headers: &'a [(&'a str, &'a [u8])],
    /// The whole body. The model's name and whether it is a stream are in it.
    pub(crate) body: &'a [Bytes],
}

/// The name of an answer. Every part stands behind its length: what is shifted from one to the next is another thing.
pub(crate) fn name_of(asked: &Asked<'_>) -> AnswerName {
    // All of them by name: a new one cannot be forgotten here.
    let Asked { scope, tenant, key, is_strict, revision, epoch, dialect, path, headers, body } = *asked;
    let mut context = Context::new(&SHA256);
    let mut feed = |part: &[u8]| {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    };
    feed(scope.name().as_bytes());
    feed(tenant.as_bytes());
    feed(&[u8::from(key.is_some()), u8::from(is_strict)]);
    feed(key.unwrap_or_default().as_bytes());
    feed(&revision.to_be_bytes());
    feed(&epoch.to_be_bytes());
    feed(dialect.as_bytes());
    feed(path.as_bytes());
    feed(&(headers.len() as u64).to_be_bytes());
    for (name, value) in headers {
        feed(name.as_bytes());
        feed(value);
    }
    let length: usize = body.iter().map(Bytes::len).sum();
    context.update(&(length as u64).to_be_bytes());
    // However it was cut on its way.
    body.iter().for_each(|piece| context.update(piece));
    AnswerName(context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use routing::CacheScope;

    use super::{Asked, name_of};

    const HEADERS: &[(&str, &[u8])] = &[("accept", b"*/*"), ("anthropic-version", b"2023-06-01")];

    fn body(pieces: &[&'static str]) -> Vec<Bytes> {
        pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect()
    }

    #[test]
    fn whatever_may_change_an_answer_changes_its_name() {
        let asked_for = body(&[r#"{"model":"m","stream":true}"#]);
        let asked = Asked {
            scope: CacheScope::Project,
            tenant: "proj_a",
            key: None,
            is_strict: false,
            revision: 1,
            epoch: 1,
            dialect: "openai_chat",
            path: "/chat/completions",
            headers: HEADERS,
            body: &asked_for,
        };
        let other_bodies = [
            body(&[r#"{"model":"n","stream":true}"#]),
            body(&[r#"{"model":"m","stream":false}"#]),
            body(&[r#"{"model":"m", "stream":true}"#]),
            body(&[r#"{"stream":true,"model":"m"}"#]),
            body(&[r#"{"model":"m","stream":true,"n":1}"#]),
        ];
        let mut all = vec![
            asked,
            Asked { scope: CacheScope::Key, ..asked },
            Asked { scope: CacheScope::Organisation, ..asked },
            Asked { scope: CacheScope::All, ..asked },
            Asked { tenant: "proj_b", ..asked },
            Asked { key: Some(""), ..asked },
            Asked { key: Some("key_1"), ..asked },
            Asked { is_strict: true, ..asked },
            Asked { revision: 2, ..asked },
            Asked { epoch: 2, ..asked },
            Asked { dialect: "openai_responses", ..asked },
            Asked { path: "/completions", ..asked },
            Asked { headers: &HEADERS[..1], ..asked },
            Asked { headers: &[], ..asked },
            Asked { headers: &[("accept", b"*/"), ("anthropic-version", b"2023-06-01")], ..asked },
            Asked { headers: &[("accept", b"*/*"), ("anthropic-versio", b"n2023-06-01")], ..asked },
        ];
        all.extend(other_bodies.iter().map(|body| Asked { body, ..asked }));
        let mut names: Vec<_> = all.iter().map(|asked| name_of(asked).0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn how_a_body_was_cut_changes_nothing() {
        let name = |pieces: &[&'static str]| {
            let body = body(pieces);
            name_of(&Asked {
                scope: CacheScope::All,
                tenant: "",
                key: None,
                is_strict: false,
                revision: 0,
                epoch: 0,
                dialect: "",
                path: "",
                headers: &[],
                body: &body,
            })
        };
        assert_eq!(name(&["{}abc"]), name(&["{}", "", "ab", "c"]));
        let told = name(&["{}"]).told();
        assert!(told.len() == 16 && told.to_str().unwrap().bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
}
