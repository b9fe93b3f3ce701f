//! Replacing one value within the JSON text it was read from: all around it stays as it was written.

use std::borrow::Cow;

/// The text with another value in the place of `part`, which was read from it.
pub(crate) fn replace(whole: &str, part: &str, by: &str) -> Option<String> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let (before, behind) = (whole.get(..start)?, whole.get(start + part.len()..)?);
    Some([before, by, behind].concat())
}

/// A list of entries as they were written.
pub(crate) fn list_of(entries: &[Cow<'_, str>]) -> String {
    format!("[{}]", entries.join(","))
}

#[cfg(test)]
mod tests {
    use super::replace;
    use crate::json::Item;

    #[test]
    fn only_the_value_changes() {
        let whole = r#"{ "a" : [1, 2] , "b":[1, 2] }"#;
        let item = Item::of_body(whole.as_bytes()).unwrap();
        let second = item.fields().unwrap().take("b").unwrap();
        assert_eq!(replace(item.text(), second.text(), "3").unwrap(), r#"{ "a" : [1, 2] , "b":3 }"#);
        assert_eq!(replace("short", whole, "3"), None);
    }
}
