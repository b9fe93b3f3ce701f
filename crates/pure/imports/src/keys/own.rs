//! Our own forms: CSV and JSON, with the same names as the admin API has.

use serde_json::{Map, Value};

use super::csv::records;
use super::found::{KeysFound, Known};
use super::rows::{Row, rows};

/// What a key itself may stand under.
const KNOWN: [&str; 3] = ["key", "sha256", "hash"];
/// What is one text.
const TEXTS: [&str; 3] = ["name", "project", "expires_at"];
/// What is a list of names.
const LISTS: [&str; 5] = ["models", "providers", "regions", "routes", "networks"];
const FLAG: &str = "is_strict";
const TAGS: &str = "tags";

/// Reads CSV: the first line names the columns; within a cell, names stand between spaces, commas or semicolons, and tags
/// are NAME=VALUE between semicolons.
pub fn csv(text: &str) -> Result<KeysFound, String> {
    let mut found = KeysFound::of("csv");
    let mut records = records(text)?.into_iter();
    let Some((_, columns)) = records.next() else {
        return Err("there is no line with names of columns".to_owned());
    };
    let columns: Vec<String> = columns.iter().map(|column| column.trim().to_ascii_lowercase()).collect();
    if let Some(unknown) = columns.iter().find(|column| !is_known(column)) {
        return Err(format!("{unknown:?} is no column of keys; there are {}", all_known()));
    }
    for (line, record) in records {
        if record.len() > columns.len() {
            found.refuse(
                line,
                format!("it has {} cells, and there are {} columns", record.len(), columns.len()),
            );
            continue;
        }
        let mut row = Row::new();
        let mut is_fit = true;
        for (column, cell) in columns.iter().zip(&record).filter(|(_, cell)| !cell.trim().is_empty()) {
            match value_of(column, cell.trim()) {
                Ok(value) => {
                    row.insert(column.clone(), value);
                }
                Err(why) => {
                    found.refuse(line, why);
                    is_fit = false;
                }
            }
        }
        if is_fit {
            add(&mut found, line, row);
        }
    }
    Ok(found)
}

/// Reads JSON: a list of objects, or one a line.
pub fn json(text: &str) -> Result<KeysFound, String> {
    let mut found = KeysFound::of("json");
    for (at, row) in rows(text)?.into_iter().enumerate() {
        match row.keys().find(|name| !is_known(name)) {
            Some(unknown) => {
                let why = format!("{unknown:?} is nothing that a key has; there are {}", all_known());
                found.refuse(at + 1, why);
            }
            None => add(&mut found, at + 1, row),
        }
    }
    Ok(found)
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name) || TEXTS.contains(&name) || LISTS.contains(&name) || [FLAG, TAGS].contains(&name)
}

fn all_known() -> String {
    [&TEXTS[..], &KNOWN, &LISTS, &[FLAG, TAGS]].concat().join(", ")
}

/// A cell as the admin API takes it.
fn value_of(column: &str, cell: &str) -> Result<Value, String> {
    if LISTS.contains(&column) {
        let names = cell.split([' ', ',', ';']).filter(|name| !name.is_empty());
        return Ok(names.map(Value::from).collect());
    }
    match column {
        FLAG => match cell.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(true.into()),
            "false" | "no" | "0" => Ok(false.into()),
            _ => Err(format!("is_strict must be true or false, not {cell:?}")),
        },
        TAGS => {
            let mut tags = Map::new();
            for tag in cell.split(';').map(str::trim).filter(|tag| !tag.is_empty()) {
                let Some((name, value)) = tag.split_once('=') else {
                    return Err(format!("{tag:?} is no tag; write NAME=VALUE"));
                };
                tags.insert(name.to_owned(), value.into());
            }
            Ok(tags.into())
        }
        _ => Ok(cell.into()),
    }
}

fn add(found: &mut KeysFound, row: usize, mut settings: Row) {
    let known: Vec<(&str, Value)> =
        KNOWN.into_iter().filter_map(|name| Some((name, settings.remove(name)?))).collect();
    let [(name, Value::String(text))] = known.as_slice() else {
        found.refuse(row, "give one of key, sha256 and hash, as a text");
        return;
    };
    // Nothing said of the end is none: the key is taken as it was.
    match (*name, text.split_once(':')) {
        ("key", _) => found.add(row, &Known::Key(text), settings),
        ("sha256", _) | (_, None) => found.add(row, &Known::Sha256(text), settings),
        (_, Some(("sha256", hash))) => found.add(row, &Known::Sha256(hash), settings),
        (_, Some((scheme, _))) => {
            found.refuse(row, format!("hashes of the scheme {scheme:?} are not understood; only sha256 is"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{csv, json};

    #[test]
    fn both_forms_say_the_same() {
        let found = csv("name,key,sha256,models,tags,is_strict,expires_at\n\
             shop,sk-one,,\"smart, openai/*\",team=shop; x=,yes,2027-01-01\n\
             bare,,abc,,,,\n")
        .unwrap();
        let expected = [
            json!({"row": 2, "key": "sk-one", "settings": {"name": "shop", "models": ["smart", "openai/*"], "tags": {"team": "shop", "x": ""}, "is_strict": true, "expires_at": "2027-01-01"}}),
            json!({"row": 3, "sha256": "abc", "settings": {"name": "bare"}}),
        ];
        assert_eq!(found.keys, expected);
        let lines = "{\"name\":\"a\",\"key\":\"sk-a\",\"routes\":[\"chat\"]}\n{\"name\":\"b\",\"hash\":\"sha256:abc\"}";
        let found = json(lines).unwrap();
        let expected = [
            json!({"row": 1, "key": "sk-a", "settings": {"name": "a", "routes": ["chat"]}}),
            json!({"row": 2, "sha256": "abc", "settings": {"name": "b"}}),
        ];
        assert_eq!(found.keys, expected);
        assert!(!format!("{found:?}").contains("sk-a"));
    }

    #[test]
    fn what_is_wrong_is_told_by_row() {
        assert!(csv("name,secret\n").unwrap_err().contains("\"secret\" is no column"));
        assert!(csv("").is_err());
        let found = csv("name,key,is_strict,tags\na,b,maybe,\nb,c,,x\nc,d,,,e\nd,,,\n").unwrap();
        let rows: Vec<_> = found.problems.iter().map(|(row, _)| *row).collect();
        assert_eq!(rows, [2, 3, 4, 5], "{:?}", found.problems);
        let found =
            json(r#"[{"key":"a","colour":"b"},{"hash":"argon2:x"},{"key":"a","sha256":"b"}]"#).unwrap();
        let told: Vec<_> = found.problems.iter().map(|(_, why)| why.as_str()).collect();
        assert!(
            told[0].contains("colour") && told[1].contains("argon2") && told[2].contains("give one of"),
            "{told:?}"
        );
    }
}
