//! Reads `multipart/form-data` (RFC 7578): fields and files, byte for byte.

use serde_json::{Map, Value, json};

/// A form as it came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) fields: Vec<(String, String)>,
    pub(super) files: Vec<File>,
}

/// A file of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) field: String,
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) bytes: Vec<u8>,
}

impl Form {
    /// Reads a body; the error says what is wrong with it.
    pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Self, String> {
        let boundary = parameter(content_type, "boundary").ok_or("the content type names no boundary")?;
        let mark = format!("--{boundary}");
        let mut form = Self::default();
        let mut rest =
            body.strip_prefix(mark.as_bytes()).ok_or("the body does not begin with the boundary")?;
        let next = format!("\r\n{mark}");
        loop {
            if rest.starts_with(b"--") {
                return Ok(form);
            }
            let part = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line end")?;
            let end = find(part, next.as_bytes()).ok_or("a part has no end")?;
            form.add(&part[..end])?;
            rest = &part[end + next.len()..];
        }
    }

    fn add(&mut self, part: &[u8]) -> Result<(), String> {
        let head_end = find(part, b"\r\n\r\n").ok_or("a part has no head")?;
        let head = String::from_utf8_lossy(&part[..head_end]);
        let header = |name: &str| {
            head.split("\r\n").find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let disposition = header("content-disposition").ok_or("a part has no content-disposition")?;
        let field = parameter(&disposition, "name").ok_or("a part has no name")?;
        let bytes = part[head_end + 4..].to_vec();
        match parameter(&disposition, "filename") {
            Some(name) => {
                let content_type = header("content-type").unwrap_or_default();
                self.files.push(File { field, name, content_type, bytes });
            }
            None => self.fields.push((field, String::from_utf8_lossy(&bytes).into_owned())),
        }
        Ok(())
    }

    /// The fields as the JSON that would say the same; a field that comes again or ends in `[]` is a list.
    pub(super) fn json(&self) -> Value {
        let mut object = Map::new();
        for (name, value) in &self.fields {
            let name = name.strip_suffix("[]").map_or((name.as_str(), false), |name| (name, true));
            match (object.get_mut(name.0), name.1) {
                (Some(Value::Array(list)), _) => list.push(json!(value)),
                (Some(other), _) => *other = json!([other.take(), value]),
                (None, true) => _ = object.insert(name.0.to_owned(), json!([value])),
                (None, false) => _ = object.insert(name.0.to_owned(), json!(value)),
            }
        }
        object.into()
    }
}

/// A parameter of a header, without its quotation marks.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|one| {
        let (found, value) = one.trim().split_once('=')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim_matches('"').to_owned())
    })
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{File, Form};

    const TYPE: &str = "multipart/form-data; boundary=\"b\"";

    #[test]
    fn fields_and_files_are_read_byte_for_byte() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n\
            --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\ncontent-type: audio/wav\r\n\r\n\
            \x00\r\n--c\xff\r\n--b\r\nContent-Disposition: form-data; name=\"l[]\"\r\n\r\nx\r\n--b--\r\n";
        let form = Form::read(TYPE, body).unwrap();
        assert_eq!(form.json(), json!({ "model": "m", "l": ["x"] }));
        let file = File {
            field: "file".to_owned(),
            name: "a.wav".to_owned(),
            content_type: "audio/wav".to_owned(),
            bytes: b"\x00\r\n--c\xff".to_vec(),
        };
        assert_eq!(form.files, [file]);
    }

    #[test]
    fn what_is_no_form_says_why() {
        let check = |content_type, body: &[u8], part: &str| {
            let error = Form::read(content_type, body).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check("multipart/form-data", b"", "names no boundary");
        check(TYPE, b"x", "does not begin");
        check(TYPE, b"--b\r\nx\r\n", "has no end");
        check(TYPE, b"--b\r\nx\r\n--b--", "has no head");
        check(TYPE, b"--b\r\nx: y\r\n\r\n\r\n--b--", "has no content-disposition");
    }
}
