//! Forms: the scan says the same however the form is cut, keeps little of it, and of a form it takes it says what the plainest
//! reader says.

use dialects::framing::multipart::{Boundary, HEAD_BYTES_MAX, MultipartFlaw, MultipartScan, boundary_of};
use dialects::json::{FIELD_BYTES_MAX, Field};
use dialects::openai_chat::FormScan;

use crate::cuttings::cuttings;

const WANTED: &[&str] = &["model", "stream"];
/// More than is ever kept of a form.
const HELD_BYTES_MAX: usize = HEAD_BYTES_MAX + 4 * FIELD_BYTES_MAX;

type Found = Result<Vec<Option<Field>>, MultipartFlaw>;

/// Claims what the head of this file says about one form. Its first line names the boundary.
pub fn multipart(form: &[u8]) {
    let line = form.strip_prefix(b"--").and_then(|rest| rest.split(|byte| *byte == b'\r').next());
    let name = line.map(String::from_utf8_lossy).unwrap_or_default();
    let Ok(boundary) = boundary_of(format!("multipart/form-data; boundary=\"{name}\"").as_bytes()) else {
        return;
    };
    let found = scan(&boundary, &[form]);
    let read = read_request(&boundary, &[form]);
    for pieces in cuttings(form) {
        assert_eq!(scan(&boundary, &pieces), found);
        assert_eq!(read_request(&boundary, &pieces), read);
    }
    let Ok(fields) = found else { return };
    for field in fields.iter().flatten() {
        let text = Some(&form[field.span.clone()]).filter(|text| text.len() <= FIELD_BYTES_MAX);
        assert_eq!(field.text.as_deref(), text, "a field's text is what stands at its place");
    }
    let plain = read_plainly(&name, form);
    for (wanted, field) in WANTED.iter().zip(&fields) {
        let values: Vec<&[u8]> =
            plain.iter().filter(|(name, _)| name == wanted).map(|(_, value)| *value).collect();
        let expected: Vec<&[u8]> = field.iter().map(|field| &form[field.span.clone()]).collect();
        assert_eq!(values, expected, "{wanted}");
    }
}

fn scan(boundary: &Boundary, pieces: &[&[u8]]) -> Found {
    let mut scan = MultipartScan::new(boundary, WANTED);
    for piece in pieces {
        scan.feed(piece)?;
        let held = scan.held_bytes();
        assert!(held <= HELD_BYTES_MAX, "{held} bytes are held");
    }
    scan.finish()
}

fn read_request(boundary: &Boundary, pieces: &[&[u8]]) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut scan = FormScan::new(boundary);
    pieces.iter().try_for_each(|piece| scan.feed(piece))?;
    scan.finish()
}

/// Names and values of a form that is known to be sound, the whole text split at its delimiters. A name is what stands behind
/// `name=`, quoted or not.
fn read_plainly<'a>(boundary: &str, form: &'a [u8]) -> Vec<(String, &'a [u8])> {
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let mut rest = &form[delimiter.len() - 2..];
    let mut fields = Vec::new();
    while !rest.starts_with(b"--") {
        let head_start = find(rest, b"\r\n").expect("a delimiter ends its line") + 2;
        let head_end = head_start + find(&rest[head_start..], b"\r\n\r\n").expect("a head ends") + 4;
        let end = head_end + find(&rest[head_end..], &delimiter).expect("a part ends");
        fields.push((name_in(&rest[head_start..head_end]), &rest[head_end..end]));
        rest = &rest[end + delimiter.len()..];
    }
    fields
}

fn name_in(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head).into_owned();
    let is_disposition = |line: &&str| {
        line.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case("content-disposition"))
    };
    let line = head.split("\r\n").find(is_disposition);
    let mut rest = line.unwrap_or_default();
    let mut name = String::new();
    while let Some((_, behind)) = rest.split_once(';') {
        let behind = behind.trim_start();
        let (key, value) = behind.split_once('=').unwrap_or((behind, ""));
        let value = value.trim_start();
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => {
                let (token, after) = value.split_at(value.find(';').unwrap_or(value.len()));
                (token.trim_end(), after)
            }
        };
        if key.trim().eq_ignore_ascii_case("name") {
            value.clone_into(&mut name);
        }
        rest = if behind.contains('=') { after } else { behind };
    }
    name
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
