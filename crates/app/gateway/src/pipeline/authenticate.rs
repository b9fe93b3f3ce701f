//! Who calls? The key is looked up by its keyed digest, in memory, before a byte of the body is read.

use std::sync::Arc;

use domain::{Failure, KEY_BYTES_MAX, KeyFlaw, Kind, why_unknown};
use http::HeaderMap;
use http::header::{AUTHORIZATION, AsHeaderName};
use providers::KEY_LOOKALIKES;
use store::{KeyEntry, KeyScopes, KeyState};

use crate::call::Call;
use crate::pipeline::permit::permit_address;
use crate::serving::Serving;

/// Proof that the caller is known and may call.
#[derive(Debug)]
pub(crate) struct Caller {
    key: Arc<KeyEntry>,
}

impl Caller {
    /// Whether his key wants nothing lost.
    pub(crate) fn is_strict(&self) -> bool {
        self.key.is_strict()
    }

    /// What his key is narrowed to, if it is not for everything.
    pub(crate) fn scopes(&self) -> Option<Arc<KeyScopes>> {
        self.key.scopes()
    }

    /// Whether his key is for a model of this name.
    pub(crate) fn may_ask_for(&self, model: &str) -> bool {
        self.key.allows(model)
    }
}

/// Finds the caller's key, or says what is wrong with what was sent.
pub(crate) fn authenticate(
    call: &mut Call,
    serving: &Serving,
    headers: &HeaderMap,
) -> Result<Caller, Box<Failure>> {
    let gateway = &call.worker.gateway;
    let Ok(sent) = sent_key(headers) else {
        return Err(refused("two different keys were sent in one header; send one", serving));
    };
    let found = (!sent.is_empty() && sent.len() <= KEY_BYTES_MAX)
        .then(|| call.connection.last_key.borrow_mut().look_up(sent, &gateway.keys, &gateway.hasher))
        .flatten();
    let Some(key) = found else { return Err(unknown(sent, serving)) };
    match key.state(call.received_at) {
        KeyState::Active => {
            call.key = Some(key.clone());
            permit_address(&key, call.caller)?;
            gateway.keys.note_use(&key, call.received_at);
            Ok(Caller { key })
        }
        KeyState::Expired => Err(refused("this key has expired", serving)),
        KeyState::Revoked => Err(refused("this key was revoked", serving)),
        KeyState::Suspended => Err(Failure::new(
            Kind::Forbidden,
            "the organisation of this key is suspended; its operator can resume it",
        )),
    }
}

/// Two values where one belongs: whoever reads the other one would let in somebody else.
#[derive(Debug, PartialEq, Eq)]
struct Contradiction;

/// The key from wherever SDKs put it; white space around it is forgiven.
fn sent_key(headers: &HeaderMap) -> Result<&str, Contradiction> {
    let bearer = only(headers, &AUTHORIZATION)?.and_then(|value| {
        let (scheme, key) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key)
    });
    let key = match bearer {
        Some(key) => Some(key),
        None => match only(headers, "x-api-key")? {
            Some(key) => Some(key),
            None => only(headers, "x-goog-api-key")?,
        },
    };
    Ok(key.unwrap_or_default().trim())
}

/// The one value of a header, however often it stands there.
fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&str>, Contradiction> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.any(|other| Some(other) != first) {
        return Err(Contradiction);
    }
    Ok(first.and_then(|value| value.to_str().ok()))
}

fn unknown(sent: &str, serving: &Serving) -> Box<Failure> {
    let message = match why_unknown(sent, &serving.key_prefix, KEY_LOOKALIKES) {
        KeyFlaw::Missing => {
            "no API key was sent; send one of this gateway as 'Authorization: Bearer <key>'".to_owned()
        }
        KeyFlaw::StrayCharacter => {
            "the API key has a character that no key has, such as a space or a quote; copy it again"
                .to_owned()
        }
        KeyFlaw::Damaged => {
            "the API key is cut off or mistyped: its check characters do not fit; copy it again".to_owned()
        }
        KeyFlaw::ForeignProvider(provider) => {
            format!("this looks like a key of {provider}; send a key of this gateway instead")
        }
        KeyFlaw::Unknown => "this API key is not known here".to_owned(),
    };
    refused(&message, serving)
}

fn refused(message: &str, serving: &Serving) -> Box<Failure> {
    let message = match &serving.keys_url {
        Some(url) => format!("{message}; see {url}"),
        None => message.to_owned(),
    };
    Failure::new(Kind::Unauthenticated, message)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Contradiction, sent_key};

    #[test]
    fn keys_are_found_where_sdks_put_them() {
        let check = |name: &'static str, value: &'static str, key: &str| {
            let headers =
                HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            assert_eq!(sent_key(&headers), Ok(key), "{name}: {value}");
        };
        check("authorization", "Bearer abc", "abc");
        check("authorization", "bearer   abc \t", "abc");
        check("authorization", "Basic abc", "");
        check("authorization", "abc", "");
        check("x-api-key", " abc", "abc");
        check("x-goog-api-key", "abc", "abc");
        check("cookie", "abc", "");
    }

    #[test]
    fn two_keys_in_one_header_are_none() {
        let read = |values: [&'static str; 2]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("authorization", HeaderValue::from_static(value));
            }
            sent_key(&headers).map(str::to_owned)
        };
        assert_eq!(read(["Bearer abc", "Bearer abc"]), Ok("abc".to_owned()));
        assert_eq!(read(["Bearer abc", "Bearer abd"]), Err(Contradiction));
        assert_eq!(read(["Bearer abc", "Basic abc"]), Err(Contradiction));
    }
}
