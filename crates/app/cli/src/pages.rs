//! All of a kind that the admin API lists, page after page.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::query::{path, query};

/// Things asked for at once.
const PAGE: &str = "500";

/// All under a noun, of those that fit what is said; `ask` gets the path of each page.
pub(crate) fn all(
    noun: &str,
    narrowed: &[(&str, Option<&str>)],
    ask: impl Fn(&str) -> Result<Value>,
) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = [("limit", Some(PAGE)), ("after", after.as_deref())];
        let said = narrowed.iter().copied().chain(page);
        let page = ask(&format!("{}{}", path(&[noun]), query(said)))?;
        let Some(listed) = page[noun].as_array() else {
            bail!("the server listed no {noun}: is it a Bellwether of this version?")
        };
        found.extend_from_slice(listed);
        match page["next_after"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::{Value, json};

    use super::all;

    #[test]
    fn pages_are_asked_for_until_there_is_none_behind() {
        let asked = RefCell::new(Vec::new());
        let answers = RefCell::new(vec![
            json!({ "keys": [3], "next_after": null }),
            json!({ "keys": [1, 2], "next_after": "a b" }),
        ]);
        let found = all("keys", &[("tag", Some("x=y")), ("state", None)], |path| {
            asked.borrow_mut().push(path.to_owned());
            Ok(answers.borrow_mut().pop().unwrap())
        });
        assert_eq!(found.unwrap(), [json!(1), json!(2), json!(3)]);
        let expected =
            ["/admin/v1/keys?tag=x%3Dy&limit=500", "/admin/v1/keys?tag=x%3Dy&limit=500&after=a%20b"];
        assert_eq!(*asked.borrow(), expected);
    }

    #[test]
    fn a_server_that_lists_nothing_of_the_kind_is_doubted() {
        let error = all("limits", &[], |_| Ok(Value::Null)).unwrap_err();
        assert!(error.to_string().starts_with("the server listed no limits: is it a Bellwether"), "{error}");
    }
}
