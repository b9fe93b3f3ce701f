//! How fast, or how cheaply, a provider served a call, by its own word. Which tiers there are is the providers' business: a new
//! one needs no change here, only a price.

use std::fmt;

/// Longest name that is kept.
const NAME_BYTES_MAX: usize = 12;

/// A tier by its name; the default is the usual one, which providers call by several names.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceTier([u8; NAME_BYTES_MAX]);

impl ServiceTier {
    /// The one that is had without asking.
    pub const USUAL: Self = Self([0; NAME_BYTES_MAX]);

    /// Names that all mean the usual one.
    const USUAL_NAMES: &[&str] = &["", "standard", "default", "auto", "on_demand", "standard_only"];

    /// By its name in answers and prices; `None` if it cannot be one: at most twelve of `a-z 0-9 _ -`, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if Self::USUAL_NAMES.iter().any(|usual| usual.eq_ignore_ascii_case(name)) {
            return Some(Self::USUAL);
        }
        if name.len() > NAME_BYTES_MAX || !name.bytes().all(is_letter) {
            return None;
        }
        let mut tier = [0; NAME_BYTES_MAX];
        tier[..name.len()].copy_from_slice(name.as_bytes());
        tier.make_ascii_lowercase();
        Some(Self(tier))
    }

    /// The same out of the bytes of a JSON string, quotes and all; the usual one where that says nothing.
    pub fn of_json(value: &[u8]) -> Self {
        // What nearly all say.
        if value == b"\"default\"" || value == b"null" {
            return Self::USUAL;
        }
        let inside = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        let name = inside.and_then(|name| std::str::from_utf8(name).ok());
        name.and_then(Self::named).unwrap_or_default()
    }

    /// Whether it is the usual one.
    pub const fn is_usual(&self) -> bool {
        self.0[0] == 0
    }

    /// Its name: `standard` for the usual one.
    pub fn name(&self) -> &str {
        if self.is_usual() {
            return "standard";
        }
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(NAME_BYTES_MAX);
        std::str::from_utf8(&self.0[..end]).expect("names are ASCII")
    }
}

impl fmt::Debug for ServiceTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceTier;

    #[test]
    fn a_tier_is_known_by_its_name_and_the_usual_one_by_several() {
        for name in ["standard", "default", "AUTO", "on_demand", ""] {
            assert_eq!(ServiceTier::named(name), Some(ServiceTier::USUAL), "{name}");
        }
        for name in ["flex", "priority", "batch", "performance", "twelve_chars"] {
            assert_eq!(ServiceTier::named(name).map(|tier| tier.name().to_owned()).as_deref(), Some(name));
        }
        assert_eq!(ServiceTier::named("Flex"), ServiceTier::named("flex"));
        for name in ["thirteen_char", "a b", "é", "a\0"] {
            assert_eq!(ServiceTier::named(name), None, "{name}");
        }
        assert_eq!(ServiceTier::of_json(b"\"priority\"").name(), "priority");
        for odd in ["null", "\"", "\"a b\"", "7", ""] {
            assert!(ServiceTier::of_json(odd.as_bytes()).is_usual(), "{odd}");
        }
    }
}
