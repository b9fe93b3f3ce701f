//! Rows of JSON, however they are wrapped, and whose they look like.

use serde_json::{Map, Value};

/// A row: values by the names of their columns.
pub(crate) type Row = Map<String, Value>;

/// Lists of rows stand under one of these, or alone.
const WRAPPERS: [&str; 4] = ["keys", "data", "items", "rows"];

/// Whose rows a text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// Columns with names in the first line.
    Csv,
    /// Ours.
    Json,
    /// LiteLLM's.
    Litellm,
    /// Those of new-api or one-api.
    NewApi,
}

/// Whose rows a text looks like.
pub fn looks_of(text: &str) -> Looks {
    let text = bare(text);
    if !text.starts_with(['[', '{']) {
        return Looks::Csv;
    }
    let Ok(rows) = rows(text) else { return Looks::Json };
    let has = |column: &str| rows.iter().any(|row| row.contains_key(column));
    match () {
        () if has("remain_quota") => Looks::NewApi,
        () if has("token") && (has("key_name") || has("spend")) => Looks::Litellm,
        () => Looks::Json,
    }
}

/// The rows of a text: a list, a list under a name, or one object a line.
pub(crate) fn rows(text: &str) -> Result<Vec<Row>, String> {
    let text = bare(text);
    let whole = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(mut map)) => match WRAPPERS.iter().find_map(|name| map.remove(*name)) {
            Some(Value::Array(list)) => Value::Array(list),
            Some(_) => return Err("what holds the keys is no list".to_owned()),
            None => Value::Array(vec![Value::Object(map)]),
        },
        Ok(value) => value,
        Err(why) => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            let read = |(at, line): (usize, &str)| {
                // Of a whole text that is broken somewhere its own place is told, of lines the line.
                let first = if at == 0 { format!("not valid JSON: {why}") } else { String::new() };
                serde_json::from_str(line).map_err(|_| match first.is_empty() {
                    true => format!("line {}: not valid JSON", at + 1),
                    false => first,
                })
            };
            Value::Array(lines.map(read).collect::<Result<_, _>>()?)
        }
    };
    let Value::Array(list) = whole else { return Err("keys are a list of objects".to_owned()) };
    let row = |(at, value): (usize, Value)| match value {
        Value::Object(row) => Ok(row),
        _ => Err(format!("row {}: not an object", at + 1)),
    };
    list.into_iter().enumerate().map(row).collect()
}

fn bare(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

#[cfg(test)]
mod tests {
    use super::{Looks, looks_of, rows};

    #[test]
    fn rows_are_found_in_their_wrappings() {
        for text in [r#"[{"a":1},{"a":2}]"#, r#"{"keys":[{"a":1},{"a":2}]}"#, "{\"a\":1}\n\n{\"a\":2}\n"] {
            assert_eq!(rows(text).unwrap().len(), 2, "{text}");
        }
        for (text, why) in [
            ("{\"a\":1}\n{oops", "line 2"),
            ("[1]", "row 1"),
            ("[{\"a\":", "not valid JSON"),
            ("7", "a list"),
        ] {
            assert!(rows(text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn whose_they_are_their_columns_tell() {
        assert_eq!(looks_of("name,key\na,b\n"), Looks::Csv);
        assert_eq!(looks_of(r#"[{"name":"a","key":"b"}]"#), Looks::Json);
        assert_eq!(looks_of(r#"[{"token":"a","spend":0}]"#), Looks::Litellm);
        assert_eq!(looks_of(r#"{"tokens":[],"data":[{"key":"a","remain_quota":0}]}"#), Looks::NewApi);
    }
}
