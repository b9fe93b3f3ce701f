//! Writing JSON in a fixed order, with parts that are JSON already put in as they are. It knows no shape and checks none.

use std::fmt::Write;

/// An object being written.
#[derive(Debug)]
pub struct ObjectWriter<'a> {
    out: &'a mut String,
    is_first: bool,
}

/// An array being written.
#[derive(Debug)]
pub struct ListWriter<'a> {
    out: &'a mut String,
    is_first: bool,
}

/// Appends an object.
pub fn write_object(out: &mut String, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
    out.push('{');
    fill(&mut ObjectWriter { out, is_first: true });
    out.push('}');
}

/// Appends an array.
pub fn write_list(out: &mut String, fill: impl FnOnce(&mut ListWriter<'_>)) {
    out.push('[');
    fill(&mut ListWriter { out, is_first: true });
    out.push(']');
}

/// An object as a text of its own.
pub fn object(fill: impl FnOnce(&mut ObjectWriter<'_>)) -> String {
    let mut out = String::new();
    write_object(&mut out, fill);
    out
}

/// An array as a text of its own.
pub fn list(fill: impl FnOnce(&mut ListWriter<'_>)) -> String {
    let mut out = String::new();
    write_list(&mut out, fill);
    out
}

/// A text in quotes, escaped, as a text of its own.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(&mut out, text);
    out
}

/// Appends a text in quotes, escaped.
pub fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        plain = at + 1;
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// JSON text without the white around its marks; the order of keys and the text of numbers stay.
pub fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut is_in_text = false;
    let mut is_escaped = false;
    for c in json.chars() {
        if is_in_text {
            out.push(c);
            is_in_text = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
        } else if !matches!(c, ' ' | '\n' | '\r' | '\t') {
            out.push(c);
            is_in_text = c == '"';
        }
    }
    out
}

impl ObjectWriter<'_> {
    fn name(&mut self, name: &str) -> &mut String {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        write_text(self.out, name);
        self.out.push(':');
        self.out
    }

    /// A member that is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.name(name).push_str(json);
    }

    /// A text.
    pub fn text(&mut self, name: &str, text: &str) {
        write_text(self.name(name), text);
    }

    /// A text, or null.
    pub fn text_or_null(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.raw(name, "null"),
        }
    }

    /// A whole number.
    pub fn whole(&mut self, name: &str, number: u64) {
        let _ = write!(self.name(name), "{number}");
    }

    /// True or false.
    pub fn boolean(&mut self, name: &str, is_true: bool) {
        self.raw(name, if is_true { "true" } else { "false" });
    }

    /// An object.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_object(self.name(name), fill);
    }

    /// An array.
    pub fn list(&mut self, name: &str, fill: impl FnOnce(&mut ListWriter<'_>)) {
        write_list(self.name(name), fill);
    }
}

impl ListWriter<'_> {
    fn entry(&mut self) -> &mut String {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        self.out
    }

    /// An entry that is JSON already.
    pub fn raw(&mut self, json: &str) {
        self.entry().push_str(json);
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        write_text(self.entry(), text);
    }

    /// An object.
    pub fn object(&mut self, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_object(self.entry(), fill);
    }

    /// Whether nothing has been written yet.
    pub fn is_empty(&self) -> bool {
        self.is_first
    }
}

#[cfg(test)]
mod tests {
    use super::{compact, object};

    #[test]
    fn what_is_written_reads_back() {
        let text = object(|o| {
            o.text("a\"", "q\"\\\n\u{1}\u{1f642}");
            o.list("l", |l| {
                l.raw("1e-7");
                l.object(|o| o.boolean("b", true));
                l.text("x");
            });
            o.object("e", |_| {});
            o.whole("w", u64::MAX);
            o.text_or_null("n", None);
        });
        assert_eq!(
            text,
            "{\"a\\\"\":\"q\\\"\\\\\\n\\u0001\u{1f642}\",\"l\":[1e-7,{\"b\":true},\"x\"],\"e\":{},\"w\":18446744073709551615,\"n\":null}"
        );
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["a\""], "q\"\\\n\u{1}\u{1f642}");
    }

    #[test]
    fn compacting_touches_no_text_and_no_number() {
        assert_eq!(
            compact("{ \"a b\" : [ 1e-7 ,\n 18446744073709551616 ], \"c\\\" \\\\\" : \" x \" }"),
            "{\"a b\":[1e-7,18446744073709551616],\"c\\\" \\\\\":\" x \"}"
        );
    }
}
