//! The tables that are read, as rows of named values: however they were stored, they look alike here.

use serde_json::{Map, Value};

/// A row: values by the names of their columns.
pub type Row = Map<String, Value>;

/// What wraps a list of rows in an answer of the console's API, or in the output of database tools.
const WRAPPERS: &[&str] = &["data", "items", "rows", "records"];
/// Deeper wrapping is none.
const WRAPPERS_MAX: usize = 3;

/// The tables of one gateway.
#[derive(Clone, Default)]
pub struct NewApiTables {
    /// `channels`.
    pub channels: Vec<Row>,
    /// `users`.
    pub users: Vec<Row>,
    /// `tokens`, which are callers' keys.
    pub tokens: Vec<Row>,
    /// `options`, which are the console's settings.
    pub options: Vec<Row>,
    /// All other tables, and how many rows each has.
    pub others: Vec<(String, u64)>,
}

impl std::fmt::Debug for NewApiTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Rows hold keys.
        write!(f, "NewApiTables({} channels)", self.channels.len())
    }
}

impl NewApiTables {
    /// Takes a text of rows in: JSON of any wrapping, or one row a line. Which table a row is of, its columns tell.
    pub fn add_json(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Ok(());
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.add(value, WRAPPERS_MAX),
            Err(whole) => {
                let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
                // One line that is no JSON is a bad file and no list of rows.
                let is_list = lines.peek().is_some_and(|line| serde_json::from_str::<Row>(line).is_ok());
                if !is_list {
                    return Err(format!("not valid JSON: {whole}"));
                }
                for (at, line) in lines.enumerate() {
                    let row = serde_json::from_str(line)
                        .map_err(|why| format!("row {}: not valid JSON: {why}", at + 1))?;
                    self.add_row(row)?;
                }
                Ok(())
            }
        }
    }

    fn add(&mut self, value: Value, wrappers: usize) -> Result<(), String> {
        match value {
            Value::Array(list) => list.into_iter().try_for_each(|value| match value {
                Value::Object(row) => self.add_row(row),
                _ => Err("a row is an object of columns".to_owned()),
            }),
            Value::Object(map) => self.add_object(map, wrappers),
            _ => Err("rows are a list of objects".to_owned()),
        }
    }

    /// One row, or what holds rows: tables by their names, or a wrapper.
    fn add_object(&mut self, mut map: Row, wrappers: usize) -> Result<(), String> {
        if self.table_of(&map).is_some() {
            return self.add_row(map);
        }
        let mut is_found = false;
        for name in ["channels", "users", "tokens", "options"] {
            if let Some(rows @ Value::Array(_)) = map.remove(name) {
                self.add(rows, 0)?;
                is_found = true;
            }
        }
        let wrapped = WRAPPERS.iter().find_map(|name| map.remove(*name));
        match wrapped {
            Some(value) if wrappers > 0 => self.add(value, wrappers - 1),
            _ if is_found => Ok(()),
            _ => Err("there are no rows of channels, users, tokens or options in it".to_owned()),
        }
    }

    fn add_row(&mut self, row: Row) -> Result<(), String> {
        match self.table_of(&row) {
            Some(table) => {
                table.push(row);
                Ok(())
            }
            None => {
                let columns: Vec<&str> = row.keys().take(6).map(String::as_str).collect();
                Err(format!("a row with the columns {} is of no table that is read", columns.join(", ")))
            }
        }
    }

    fn table_of(&mut self, row: &Row) -> Option<&mut Vec<Row>> {
        let has = |column: &str| row.contains_key(column);
        if has("remain_quota") {
            Some(&mut self.tokens)
        } else if has("username") {
            Some(&mut self.users)
        } else if has("models") && has("type") {
            Some(&mut self.channels)
        } else if has("key") && has("value") {
            Some(&mut self.options)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NewApiTables;

    #[test]
    fn rows_are_found_in_any_wrapping() {
        let row = r#"{"id":1,"type":1,"models":"m"}"#;
        for text in [
            format!("[{row}]"),
            format!(r#"{{"success":true,"data":{{"items":[{row}],"total":1}}}}"#),
            format!(r#"{{"data":[{row}]}}"#),
            format!(r#"{{"channels":[{row}],"users":[]}}"#),
            row.to_owned(),
            format!("{row}\n\n"),
        ] {
            let mut tables = NewApiTables::default();
            tables.add_json(&text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(tables.channels.len(), 1, "{text}");
        }
        let mut tables = NewApiTables::default();
        let lines = format!(
            "{row}\n{{\"key\":\"RetryTimes\",\"value\":\"3\"}}\n{{\"id\":1,\"username\":\"root\"}}\n"
        );
        tables.add_json(&lines).unwrap();
        assert_eq!((tables.channels.len(), tables.options.len(), tables.users.len()), (1, 1, 1));
    }

    #[test]
    fn what_is_no_rows_is_refused_and_not_shown() {
        for text in
            ["{", "[1]", "7", r#"{"a":"sk-secret"}"#, r#"{"data":{"data":{"data":{"data":{"data":[]}}}}}"#]
        {
            let why = NewApiTables::default().add_json(text).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
