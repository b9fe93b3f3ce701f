//! A list of names that a key is for: providers, regions.

/// Most names in a list.
pub const KEY_NAMES_MAX: usize = 100;
/// Longest of them.
const NAME_BYTES_MAX: usize = 100;

/// Names that a key is for, meant exactly; all there are if there is no list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyNames {
    only: Option<Vec<String>>,
}

impl KeyNames {
    /// All there are.
    pub const ANY: Self = Self { only: None };

    /// These; `what` they are is said of what is no name.
    pub fn only(names: impl IntoIterator<Item = String>, what: &str) -> Result<Self, String> {
        only_names(names, NAME_BYTES_MAX, KEY_NAMES_MAX, what).map(|only| Self { only: Some(only) })
    }

    /// Whether it is all there are.
    pub const fn is_any(&self) -> bool {
        self.only.is_none()
    }

    /// The names, as they were given; `None` for all there are.
    pub fn names(&self) -> Option<&[String]> {
        self.only.as_deref()
    }

    /// Whether this one is meant.
    pub fn allow(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|known| known == name))
    }
}

/// A list of names, each once; `what` they are is said of what is no name.
pub(super) fn only_names(
    names: impl IntoIterator<Item = String>,
    bytes_max: usize,
    names_max: usize,
    what: &str,
) -> Result<Vec<String>, String> {
    let mut only: Vec<String> = Vec::new();
    for name in names {
        let is_name = !name.is_empty()
            && name.len() <= bytes_max
            && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',');
        if !is_name {
            return Err(format!("{name:?} is no {what}'s name"));
        }
        if !only.contains(&name) {
            only.push(name);
        }
    }
    match only.len() {
        0 => Err(format!("a key must be allowed at least one {what}")),
        count if count > names_max => Err(format!("a key takes at most {names_max} {what}s, not {count}")),
        _ => Ok(only),
    }
}

#[cfg(test)]
mod tests {
    use super::{KEY_NAMES_MAX, KeyNames};

    #[test]
    fn names_are_meant_exactly() {
        let names = KeyNames::only(["eu".to_owned(), "us".to_owned(), "eu".to_owned()], "region").unwrap();
        assert_eq!(names.names().unwrap(), ["eu", "us"]);
        assert!(names.allow("eu") && !names.allow("eu-west") && !names.allow("EU"));
        assert!(KeyNames::ANY.allow("anything"));
    }

    #[test]
    fn what_is_no_list_of_names_is_refused() {
        for names in [&[][..], &[""], &["a b"], &["a,b"], &["a\n"]] {
            assert!(
                KeyNames::only(names.iter().map(|name| (*name).to_owned()), "region").is_err(),
                "{names:?}"
            );
        }
        let many = (0..=KEY_NAMES_MAX).map(|number| number.to_string());
        let error = KeyNames::only(many, "region").unwrap_err();
        assert_eq!(error, "a key takes at most 100 regions, not 101");
    }
}
