//! Tables in Markdown. Knows nothing of what is in them.

/// A table with a row of headings; cells are put on one line.
pub(super) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let mut text = line(&headings);
    text.push_str(&line(&vec!["---".to_owned(); headings.len()]));
    for row in rows {
        text.push_str(&line(&row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>()));
    }
    text
}

/// A text as code; nothing for an empty one.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn escaped(cell: &str) -> String {
    cell.replace('\n', " ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn nothing_breaks_out_of_its_cell() {
        let made = table(&["a", "b"], [vec!["one\ntwo".to_owned(), "x|y".to_owned()]]);
        assert_eq!(made, "| a | b |\n| --- | --- |\n| one two | x\\|y |\n");
    }
}
