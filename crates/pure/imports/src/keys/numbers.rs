//! Numbers of JSON as they are written: a reader makes floats of those with a fraction, and an amount of money must not become
//! one.

/// The same JSON, with every number that has a point or an exponent as a text of the same characters.
pub(crate) fn as_texts(json: &str) -> String {
    let mut told = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text_length(rest),
            '-' | '0'..='9' => {
                let length = rest.find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'));
                let length = length.unwrap_or(rest.len());
                let quote = if rest[..length].contains(['.', 'e', 'E']) { "\"" } else { "" };
                told.push_str(quote);
                told.push_str(&rest[..length]);
                told.push_str(quote);
                rest = &rest[length..];
                continue;
            }
            other => other.len_utf8(),
        };
        told.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    told
}

/// How long a text is, with its quotes; all there is if it is not closed.
fn text_length(json: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::as_texts;

    #[test]
    fn only_numbers_with_fractions_become_texts() {
        for (json, told) in [
            (
                r#"{"a":1,"b":-2.50,"c":[1e-7,"3.5","x\"4.5"],"d":null}"#,
                r#"{"a":1,"b":"-2.50","c":["1e-7","3.5","x\"4.5"],"d":null}"#,
            ),
            ("0.1", "\"0.1\""),
            ("\"ä 1.5", "\"ä 1.5"),
            ("", ""),
        ] {
            assert_eq!(as_texts(json), told);
        }
    }
}
