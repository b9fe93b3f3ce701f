//! What a request decides that comes as a form: the same few fields, as text.

use crate::framing::multipart::{Boundary, MultipartFlaw, MultipartScan};
use crate::json::Field;
use crate::openai_chat::request::{Deciding, MODEL_BYTES_MAX, RequestFlaw};

const WANTED: &[&str] = &["model", "stream", "n"];
const MODEL: usize = 0;
const STREAM: usize = 1;

/// The scan of a form that comes in pieces.
#[derive(Debug)]
pub struct FormScan {
    scan: MultipartScan,
}

impl FormScan {
    /// Reads a form with this boundary.
    pub fn new(boundary: &Boundary) -> Self {
        Self { scan: MultipartScan::new(boundary, WANTED) }
    }

    /// Reads the next piece.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), RequestFlaw> {
        self.scan.feed(piece).map_err(RequestFlaw::from)
    }

    /// Reads the fields once the form is whole.
    pub fn finish(self) -> Result<Deciding, RequestFlaw> {
        let fields = self.scan.finish().map_err(RequestFlaw::from)?;
        let [model, stream, n] = fields.as_slice() else {
            unreachable!("the scan reports one place for each wanted name")
        };
        let Some(model) = model else { return Err(at(MODEL, "the body names no model")) };
        Ok(Deciding {
            model: model_name(model)?,
            model_span: model.span.clone(),
            is_streaming: flag(stream.as_ref())?,
            output_tokens_max: None,
            output_cap_span: None,
            choices: text(n.as_ref()).and_then(|n| n.trim().parse().ok()).unwrap_or(1),
            wants_stream_usage: false,
            wants_speech_events: false,
            previous_response: None,
            user: None,
            stream_options_span: None,
            may_hold_envelopes: false,
            may_hold_thoughts: false,
        })
    }
}

impl From<MultipartFlaw> for RequestFlaw {
    fn from(flaw: MultipartFlaw) -> Self {
        match flaw {
            MultipartFlaw::Repeated(field)
            | MultipartFlaw::OtherCase(field)
            | MultipartFlaw::IsFile(field) => at(field, format!("the field '{}' {flaw}", WANTED[field])),
            flaw => Self { message: flaw.to_string(), param: None },
        }
    }
}

fn at(field: usize, message: impl Into<String>) -> RequestFlaw {
    RequestFlaw { message: message.into(), param: Some(WANTED[field]) }
}

fn text(field: Option<&Field>) -> Option<&str> {
    std::str::from_utf8(field?.text.as_deref()?).ok()
}

fn model_name(field: &Field) -> Result<String, RequestFlaw> {
    if field.span.len() > MODEL_BYTES_MAX {
        return Err(at(MODEL, format!("'model' is longer than {MODEL_BYTES_MAX} bytes")));
    }
    match text(Some(field)) {
        Some("") => Err(at(MODEL, "'model' is empty")),
        Some(name) => Ok(name.to_owned()),
        None => Err(at(MODEL, "'model' is not UTF-8")),
    }
}

/// As those write it who have no booleans: `requests` of Python says `True`, others `1`.
fn flag(field: Option<&Field>) -> Result<bool, RequestFlaw> {
    let Some(field) = field else { return Ok(false) };
    let given = text(Some(field)).unwrap_or("?");
    match given.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" | "" => Ok(false),
        _ => Err(at(STREAM, "'stream' must be true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Deciding, FormScan, RequestFlaw};
    use crate::framing::multipart::boundary_of;

    fn form(fields: &[(&str, &str)]) -> String {
        let part = |(name, value): &(&str, &str)| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        fields.iter().map(part).chain(["--x--\r\n".to_owned()]).collect()
    }

    fn read(fields: &[(&str, &str)]) -> Result<Deciding, RequestFlaw> {
        let mut scan = FormScan::new(&boundary_of(b"multipart/form-data; boundary=x").unwrap());
        scan.feed(form(fields).as_bytes())?;
        scan.finish()
    }

    #[test]
    fn the_deciding_fields_are_read() {
        let fields = [("file", "xyz"), ("n", "2"), ("stream", "True"), ("model", "gpt-4o-transcribe")];
        let deciding = read(&fields).unwrap();
        assert_eq!((deciding.model.as_str(), deciding.is_streaming), ("gpt-4o-transcribe", true));
        assert_eq!(&form(&fields)[deciding.model_span], "gpt-4o-transcribe");
        assert_eq!(deciding.choices, 2);
        assert!(!read(&[("model", "m"), ("stream", "false")]).unwrap().is_streaming);
    }

    #[test]
    fn flaws_are_told_in_words() {
        let check = |fields: &[(&str, &str)], message: &str, param: Option<&'static str>| {
            assert_eq!(read(fields), Err(RequestFlaw { message: message.to_owned(), param }), "{fields:?}");
        };
        check(&[("file", "x")], "the body names no model", Some("model"));
        check(&[("model", "")], "'model' is empty", Some("model"));
        check(&[("model", "a"), ("model", "a")], "the field 'model' comes twice", Some("model"));
        check(&[("MODEL", "a")], "the field 'model' is written in other letter case", Some("model"));
        check(&[("model", &"m".repeat(257))], "'model' is longer than 256 bytes", Some("model"));
        check(&[("model", "a"), ("stream", "perhaps")], "'stream' must be true or false", Some("stream"));
    }
}
