//! Forms as people write them and as nobody should, cut everywhere.

use super::MultipartScan;
use crate::framing::multipart::{HEAD_BYTES_MAX, MultipartFlaw, PARTS_MAX, boundary_of};
use crate::json::{FIELD_BYTES_MAX, Field};

const WANTED: &[&str] = &["model", "stream"];

type Found = Result<Vec<Option<Field>>, MultipartFlaw>;

fn scan(boundary: &str, pieces: &[&[u8]]) -> Found {
    let boundary = boundary_of(format!("multipart/form-data; boundary={boundary}").as_bytes())?;
    let mut scan = MultipartScan::new(&boundary, WANTED);
    pieces.iter().try_for_each(|piece| scan.feed(piece))?;
    scan.finish()
}

/// The same wherever the form is cut.
fn everywhere(boundary: &str, form: &[u8]) -> Found {
    let whole = scan(boundary, &[form]);
    for cut in 0..=form.len() {
        let (left, right) = form.split_at(cut);
        assert_eq!(scan(boundary, &[left, right]), whole, "cut at {cut} of {}", form.escape_ascii());
    }
    let bytes: Vec<&[u8]> = form.chunks(1).collect();
    assert_eq!(scan(boundary, &bytes), whole, "byte by byte: {}", form.escape_ascii());
    whole
}

fn field(name: &str, value: &str) -> String {
    format!("--b-b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(content: &str) -> String {
    format!(
        "--b-b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n{content}\r\n"
    )
}

fn form(parts: &[String]) -> Vec<u8> {
    [parts.concat(), "--b-b--\r\n".to_owned()].concat().into_bytes()
}

fn check(form: &[u8], model: &str, stream: Option<&str>) {
    let found = everywhere("b-b", form).unwrap();
    let text = |place: usize| found[place].as_ref().map(|field: &Field| form[field.span.clone()].to_vec());
    assert_eq!(text(0).unwrap(), model.as_bytes());
    assert_eq!(text(1).as_deref(), stream.map(str::as_bytes));
    for field in found.iter().flatten() {
        assert_eq!(field.text.as_deref(), Some(&form[field.span.clone()]), "a value is what stands there");
    }
}

#[test]
fn fields_are_found_wherever_they_stand() {
    check(&form(&[field("model", "whisper-1"), file("RIFF\r\n\0\u{ff}")]), "whisper-1", None);
    check(&form(&[file(""), field("model", "whisper-1")]), "whisper-1", None);
    check(
        &form(&[field("stream", "true"), file("\r\n\r\n"), field("Model_", "x"), field("model", "w\r\nx")]),
        "w\r\nx",
        Some("true"),
    );
    check(&form(&[field("model", "")]), "", None);
}

#[test]
fn what_looks_like_a_delimiter_within_a_line_is_content() {
    for content in ["x--b-b", "x--b-b--", "\r\n---b-b", "--b-", "\r\n--b-\r\n--", "\r\n--", "-----", "\r"] {
        check(&form(&[file(content), field("model", content)]), content, None);
    }
    // A boundary whose beginning is also its end.
    let form = b"----aa\r\nContent-Disposition: form-data; name=model\r\n\r\n-----a----aa\r\n----aa--";
    let found = everywhere("--aa", form).unwrap();
    assert_eq!(found[0].as_ref().unwrap().text.as_deref(), Some(&b"-----a----aa"[..]));
}

#[test]
fn white_space_around_is_forgiven_where_all_forgive_it() {
    let padded = field("model", "m").replace("--b-b\r\n", "\r\n--b-b \t\r\n");
    let form = [padded.as_bytes(), b"--b-b--  \r\n\r\n"].concat();
    check(&form, "m", None);
}

#[test]
fn doubtful_forms_are_refused() {
    let refused = |form: &[u8]| everywhere("b-b", form).unwrap_err();
    let whole = form(&[field("model", "m")]);
    for end in [0, 1, 5, 30, whole.len() - 12, whole.len() - 3] {
        assert_eq!(refused(&whole[..end]), MultipartFlaw::Truncated, "{end}");
    }
    assert_eq!(refused(b"preamble\r\n--b-b--"), MultipartFlaw::Malformed(0));
    assert_eq!(refused(b"--b-b\nx"), MultipartFlaw::Malformed(5));
    assert_eq!(refused(b"--b-bx\r\n"), MultipartFlaw::Malformed(5));
    let end = whole.len();
    assert_eq!(refused(&[&whole, &b"--b-b"[..]].concat()), MultipartFlaw::TrailingBytes(end));
    for bare in ["x\n--b-b\r\n", "x\r--b-b\r\n", "\n--b-b", "--b-b--"] {
        let found = refused(&form(&[file(bare), field("model", "m")]));
        assert!(matches!(found, MultipartFlaw::Malformed(_)), "{bare:?}: {found:?}");
    }
    assert_eq!(refused(&form(&[field("model", "a"), field("model", "b")])), MultipartFlaw::Repeated(0));
    assert_eq!(refused(&form(&[field("Stream", "a")])), MultipartFlaw::OtherCase(1));
    let model_file = file("x").replace("name=\"file\"", "name=\"model\"");
    assert_eq!(refused(&form(&[model_file])), MultipartFlaw::IsFile(0));
    assert!(matches!(refused(b"--b-b\r\n\r\nx\r\n--b-b--"), MultipartFlaw::Head(1, _)));
}

#[test]
fn nothing_is_unbounded() {
    let scan = |form: Vec<u8>| scan("b-b", &[&form]);
    let long = scan(form(&[field("model", &"x".repeat(FIELD_BYTES_MAX + 1))])).unwrap();
    assert_eq!(long[0].as_ref().unwrap().text, None);
    let fits = "x".repeat(FIELD_BYTES_MAX);
    assert_eq!(
        scan(form(&[field("model", &fits)])).unwrap()[0].as_ref().unwrap().text.as_deref(),
        Some(fits.as_bytes())
    );
    assert_eq!(scan(form(&vec![field("a", "b"); PARTS_MAX + 1])), Err(MultipartFlaw::TooManyParts));
    let head = format!("--b-b\r\nx: {}", "y".repeat(HEAD_BYTES_MAX));
    assert_eq!(scan(head.into_bytes()), Err(MultipartFlaw::LongHead));
    assert!(matches!(scan([&b"--b-b"[..], &[b' '; 100]].concat()), Err(MultipartFlaw::Malformed(_))));
}
