//! Arguments of calls: an object here, JSON text everywhere else. No number and no key is touched.

use crate::json::Item;
use crate::json::writer::{compact, object};

/// No arguments.
pub(super) const NONE: &str = "{}";
/// Under this name go arguments that are no object.
const RAW: &str = "_raw";

/// Arguments as an object.
pub(super) struct Input {
    /// Its JSON text.
    pub(super) json: String,
    /// They were none, and are wrapped in one.
    pub(super) is_wrapped: bool,
}

/// Arguments as they are written here.
pub(super) fn write(arguments: &str) -> Input {
    if arguments.trim().is_empty() {
        return Input { json: NONE.to_owned(), is_wrapped: false };
    }
    let is_object = Item::of_body(arguments.as_bytes()).is_ok_and(|item| item.is_object());
    if is_object {
        return Input { json: compact(arguments), is_wrapped: false };
    }
    Input { json: object(|o| o.text(RAW, arguments)), is_wrapped: true }
}

/// Arguments as they are read here.
pub(super) fn read(input: Option<&Item<'_>>) -> String {
    input.map_or_else(|| NONE.to_owned(), |input| compact(input.text()))
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn arguments_become_an_object_and_none_is_lost() {
        let check = |arguments: &str, json: &str, is_wrapped: bool| {
            let input = write(arguments);
            assert_eq!((input.json.as_str(), input.is_wrapped), (json, is_wrapped), "{arguments}");
        };
        check("", "{}", false);
        check("  ", "{}", false);
        check("{}", "{}", false);
        check(
            r#" {"b": 1e-7, "a" : 18446744073709551616} "#,
            r#"{"b":1e-7,"a":18446744073709551616}"#,
            false,
        );
        check(r#"{"a":"#, r#"{"_raw":"{\"a\":"}"#, true);
        check("[1]", r#"{"_raw":"[1]"}"#, true);
        check(r#"{"a":1}{"b":2}"#, r#"{"_raw":"{\"a\":1}{\"b\":2}"}"#, true);
    }
}
