//! The models that a key's callers may ask for.

use super::names::only_names;

/// Most names that a key has.
pub const KEY_MODELS_MAX: usize = 200;
/// Longest of them.
const NAME_BYTES_MAX: usize = 256;
/// At the end of a name: whatever follows.
const ANY_END: char = '*';

/// The models that a key's callers may ask for, by the names that callers use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyModels {
    /// All if `None`.
    only: Option<Vec<String>>,
}

impl KeyModels {
    /// All there are.
    pub const ANY: Self = Self { only: None };

    /// These, a `*` at the end of a name standing for whatever follows; `Err` names what is no model's name.
    pub fn only(names: impl IntoIterator<Item = String>) -> Result<Self, String> {
        only_names(names, NAME_BYTES_MAX, KEY_MODELS_MAX, "model").map(|only| Self { only: Some(only) })
    }

    /// Whether it is all there are.
    pub const fn is_any(&self) -> bool {
        self.only.is_none()
    }

    /// The names, as they were given; `None` for all there are.
    pub fn names(&self) -> Option<&[String]> {
        self.only.as_deref()
    }

    /// Whether a caller may ask for a model by this name.
    pub fn allow(&self, asked: &str) -> bool {
        let is_allowed = |name: &String| match name.strip_suffix(ANY_END) {
            Some(beginning) => asked.starts_with(beginning),
            None => asked == name,
        };
        self.only.as_ref().is_none_or(|only| only.iter().any(is_allowed))
    }
}

#[cfg(test)]
mod tests {
    use super::{KEY_MODELS_MAX, KeyModels};

    fn only(names: &[&str]) -> Result<KeyModels, String> {
        KeyModels::only(names.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn names_are_meant_exactly_unless_they_end_in_a_star() {
        let models = only(&["smart", "openai/*", "gpt-4o*"]).unwrap();
        for (asked, is_allowed) in [
            ("smart", true),
            ("smarter", false),
            ("Smart", false),
            ("openai/o3", true),
            ("openai", false),
            ("gpt-4o-mini", true),
            ("gpt-4", false),
        ] {
            assert_eq!(models.allow(asked), is_allowed, "{asked}");
            assert!(KeyModels::ANY.allow(asked));
        }
        assert!(only(&["*"]).unwrap().allow("anything"));
    }

    #[test]
    fn what_is_no_list_of_names_is_refused() {
        for names in [&[][..], &[""], &["a b"], &["a,b"], &["a\n"]] {
            assert!(only(names).is_err(), "{names:?}");
        }
        let many = (0..=KEY_MODELS_MAX).map(|number| number.to_string());
        assert!(KeyModels::only(many).unwrap_err().contains("at most 200"));
        assert_eq!(only(&["a", "b", "a"]).unwrap().names().unwrap(), ["a", "b"]);
    }
}
