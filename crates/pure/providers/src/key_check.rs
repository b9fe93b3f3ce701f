//! How a key can be tried at no cost, and what the answer says about the key. Asking is done elsewhere.

/// A question that costs nothing and is answered to good keys only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCheck {
    /// What is asked for, below the base URL.
    pub path: &'static str,
}

/// The list of models, which every dialect has at the same place.
pub(crate) const MODELS: KeyCheck = KeyCheck { path: "/models" };

/// What an answer says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyVerdict {
    /// It opens the provider.
    Working,
    /// It does not, or there is no credit behind it.
    Refused,
    /// The answer is about something else.
    Unclear,
}

/// Words that a refusal of the key itself holds, in whatever case.
const OF_KEYS: &[&str] = &[
    "api key",
    "api_key",
    "apikey",
    "api-key",
    "credential",
    "unauthori",
    "authenticat",
    "invalid token",
    "access token",
];
/// Words of a key that works and may not do everything, such as list models.
const OF_PERMISSIONS: &[&str] = &["permission", "scope", "not allowed", "region", "country"];

/// Reads the status and the provider's words. Most refuse a key with 401; some with 400 or 403, which mean other things
/// as well, so there the words decide.
pub fn key_verdict(status: u16, words: &str) -> KeyVerdict {
    let words = words.to_lowercase();
    let says = |list: &[&str]| list.iter().any(|word| words.contains(word));
    match status {
        200..=299 => KeyVerdict::Working,
        401 | 402 => KeyVerdict::Refused,
        400 | 403 if says(OF_KEYS) && !says(OF_PERMISSIONS) => KeyVerdict::Refused,
        _ => KeyVerdict::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyVerdict, key_verdict};

    #[test]
    fn only_what_is_said_of_the_key_counts_against_it() {
        let check =
            |status, words, verdict| assert_eq!(key_verdict(status, words), verdict, "{status} {words}");
        check(200, "", KeyVerdict::Working);
        check(401, "Incorrect API key provided", KeyVerdict::Refused);
        check(402, "Insufficient Balance", KeyVerdict::Refused);
        check(400, "API key not valid. Please pass a valid API key.", KeyVerdict::Refused);
        check(403, "Invalid credentials", KeyVerdict::Refused);
        check(403, "You have insufficient permissions. Missing scopes: api.model.read", KeyVerdict::Unclear);
        check(403, "Your API key may not be used from this country", KeyVerdict::Unclear);
        check(400, "bad request", KeyVerdict::Unclear);
        check(404, "Not Found", KeyVerdict::Unclear);
        check(429, "API key is over its rate", KeyVerdict::Unclear);
        check(503, "", KeyVerdict::Unclear);
        check(307, "", KeyVerdict::Unclear);
    }
}
