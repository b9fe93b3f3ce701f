//! Which plan a key is on: a named bundle of limits. What a plan says stands in the configuration.

use std::sync::Arc;

/// Longest name of a plan.
pub const PLAN_NAME_CHARS_MAX: usize = 50;
/// The plan of keys of which none is said. It is always there.
pub const PLAN_DEFAULT: &str = "default";
/// Said of who is on none.
pub const PLAN_NONE: &str = "none";

/// A plan's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlanName(Arc<str>);

impl PlanName {
    /// A name of small letters, digits and what joins them.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        let is_name = (1..=PLAN_NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_plain);
        is_name.then(|| Self(text.into()))
    }

    /// Of keys of which none is said.
    pub fn usual() -> Self {
        Self(PLAN_DEFAULT.into())
    }

    /// Of who is on none.
    pub fn none() -> Self {
        Self(PLAN_NONE.into())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the usual one.
    pub fn is_usual(&self) -> bool {
        self.as_str() == PLAN_DEFAULT
    }
}

impl Default for PlanName {
    fn default() -> Self {
        Self::usual()
    }
}

impl std::fmt::Display for PlanName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::PlanName;

    #[test]
    fn names_are_plain() {
        for name in ["default", "none", "gold-2", "a.b_c"] {
            assert_eq!(PlanName::parse(name).unwrap().as_str(), name);
        }
        for odd in ["", "Gold", "a b", "ü", "a\n", &"a".repeat(51)] {
            assert_eq!(PlanName::parse(odd), None, "{odd:?}");
        }
        assert!(PlanName::default().is_usual());
    }
}
