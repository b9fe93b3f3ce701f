//! Ids of keys, users and of those they belong to. They say what they identify, and sort by creation.

use crate::time::Timestamp;

/// In ascending order of their codes, so that texts sort as the numbers they write.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_CHARS_MAX: usize = 48;
const TIME_DIGITS: usize = 8; // milliseconds until the year 8888
const RANDOM_DIGITS: usize = 12; // 71 bits

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            const PREFIX: &str = $prefix;

            /// Reads the written form; `None` if it cannot be such an id.
            pub fn parse(text: &str) -> Option<Self> {
                let rest = text.strip_prefix(Self::PREFIX)?;
                let is_fit = !rest.is_empty()
                    && text.len() <= ID_CHARS_MAX
                    && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
                is_fit.then(|| Self(text.into()))
            }

            /// The id of what is made `now`; `entropy` must come from the system's generator.
            pub fn new(now: Timestamp, entropy: u128) -> Self {
                let mut text = String::from(Self::PREFIX);
                push_digits(&mut text, now.unix_ms().max(0).unsigned_abs().into(), TIME_DIGITS);
                push_digits(&mut text, entropy, RANDOM_DIGITS);
                Self(text.into())
            }

            /// The written form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Identifies a caller's key; not a secret, shown in listings and logs.
    KeyId, "key_"
}
id! {
    /// Identifies who a project belongs to.
    OrganisationId, "org_"
}
id! {
    /// Identifies what a key belongs to.
    ProjectId, "proj_"
}
id! {
    /// Identifies a person who looks after keys and bills.
    UserId, "user_"
}
id! {
    /// Identifies what a user proves himself with.
    UserTokenId, "utok_"
}

impl OrganisationId {
    /// The one that exists before any is made.
    pub fn implicit() -> Self {
        Self("org_default".into())
    }
}

impl ProjectId {
    /// The one that exists before any is made.
    pub fn implicit() -> Self {
        Self("proj_default".into())
    }
}

/// The lowest `count` digits of `number`, highest first.
fn push_digits(text: &mut String, number: u128, count: usize) {
    for place in (0..count).rev() {
        let digit = number / 62_u128.pow(place as u32) % 62;
        text.push(char::from(DIGITS[digit as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyId, ProjectId};
    use crate::time::Timestamp;

    #[test]
    fn ids_sort_by_creation_and_read_back() {
        let early = KeyId::new(Timestamp(1_795_219_199_999), u128::MAX);
        let late = KeyId::new(Timestamp(1_795_219_200_000), 0);
        assert!(early < late);
        assert_eq!(early.as_str().len(), "key_".len() + 20);
        assert_eq!(KeyId::parse(early.as_str()), Some(early));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "key_", "org_default", "key_a-b", "key_ä", &format!("key_{}", "x".repeat(60))] {
            assert_eq!(KeyId::parse(text), None, "{text}");
        }
        assert_eq!(ProjectId::parse("proj_default"), Some(ProjectId::implicit()));
    }
}
