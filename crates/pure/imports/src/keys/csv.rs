//! Columns between commas (RFC 4180): quotes hold commas, line feeds and doubled quotes.

/// Each record with the number of the line that it begins on.
pub(super) fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begun, mut is_quoted, mut was_quoted) = (1, 1, false, false);
    let mut characters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\n' {
            line += 1;
        }
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            _ if is_quoted => cell.push(character),
            '"' if cell.is_empty() && !was_quoted => (is_quoted, was_quoted) = (true, true),
            '"' => return Err(format!("line {line}: a quote stands within a cell")),
            ',' => {
                record.push(std::mem::take(&mut cell));
                was_quoted = false;
            }
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' => {
                record.push(std::mem::take(&mut cell));
                records.push((begun, std::mem::take(&mut record)));
                (begun, was_quoted) = (line, false);
            }
            _ if was_quoted => return Err(format!("line {line}: something stands behind a quote")),
            _ => cell.push(character),
        }
    }
    if is_quoted {
        return Err(format!("line {begun}: a quote is not closed"));
    }
    if !cell.is_empty() || was_quoted || !record.is_empty() {
        record.push(cell);
        records.push((begun, record));
    }
    records.retain(|(_, record)| record.iter().any(|cell| !cell.trim().is_empty()));
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn cells_are_taken_apart() {
        let found = records("a,b\r\n\"x,\"\"y\"\"\",\"two\nlines\"\n\n,last").unwrap();
        let found: Vec<(usize, Vec<&str>)> =
            found.iter().map(|(line, record)| (*line, record.iter().map(String::as_str).collect())).collect();
        assert_eq!(found, [(1, vec!["a", "b"]), (2, vec!["x,\"y\"", "two\nlines"]), (5, vec!["", "last"])]);
        assert!(records("").unwrap().is_empty());
    }

    #[test]
    fn odd_quotes_are_told_by_line() {
        for (text, why) in
            [("a\nb\"c", "line 2"), ("\"a\nb", "line 1: a quote is not closed"), ("\"a\"b", "behind a quote")]
        {
            assert!(records(text).unwrap_err().contains(why), "{text}");
        }
    }
}
