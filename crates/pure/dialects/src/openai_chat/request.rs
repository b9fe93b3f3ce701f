//! What a request decides: the few top-level fields that the gateway acts on, and where they stand.

use std::ops::Range;

use super::end_user;
use crate::Dialect;
use crate::envelope;
use crate::json::writer::object;
use crate::json::{Field, Fields, Flaw, Item, ObjectScan};

/// Longest model name.
pub const MODEL_BYTES_MAX: usize = 256;

/// What decides in every dialect, and last where that dialect names the end user.
const fn wanted(dialect: Dialect) -> [&'static str; 11] {
    [
        "model",
        "stream",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "stream_options",
        "n",
        "stream_format",
        "previous_response_id",
        "user",
        end_user::field_of(dialect),
    ]
}
const WANTED: &[&str] = &wanted(Dialect::OpenAiChat);
const WANTED_OF_MESSAGES: &[&str] = &wanted(Dialect::AnthropicMessages);
const MODEL: usize = 0;
const STREAM: usize = 1;
/// How an envelope of ours begins, and how the names of thoughts do, of all hosts.
const MARKS: &[[u8; 4]] =
    &[*envelope::PREFIX.as_bytes().first_chunk().expect("it has as many"), *b"reas", *b"thin"];
const ENVELOPE: usize = 0;
const THOUGHTS: std::ops::RangeInclusive<usize> = 1..=2;

/// The deciding fields of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deciding {
    /// The model's name.
    pub model: String,
    /// Where the name stands in the body, quotes included.
    pub model_span: Range<usize>,
    /// Whether the answer is to be streamed.
    pub is_streaming: bool,
    /// The cap on generated tokens, if the caller set one.
    pub output_tokens_max: Option<u64>,
    /// Where that cap stands in the body.
    pub output_cap_span: Option<Range<usize>>,
    /// How many choices the answer is to have.
    pub choices: u64,
    /// The caller asks for the usage at the end of a stream.
    pub wants_stream_usage: bool,
    /// Speech is to come as events.
    pub wants_speech_events: bool,
    /// The answer that this goes on from, which a provider keeps.
    pub previous_response: Option<String>,
    /// For whom the caller asks, by his own name for that person.
    pub user: Option<String>,
    /// Where the options of the stream stand in the body, if they do.
    pub stream_options_span: Option<Range<usize>>,
    /// A string in it begins as an envelope of ours does.
    pub may_hold_envelopes: bool,
    /// A string in it begins as the name of a thought does.
    pub may_hold_thoughts: bool,
}

/// Why a request is refused, in words for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFlaw {
    /// A sentence fragment that names what was found.
    pub message: String,
    /// The field at fault.
    pub param: Option<&'static str>,
}

/// The scan of a body that comes in pieces.
#[derive(Debug)]
pub struct RequestScan {
    scan: ObjectScan,
    dialect: Dialect,
}

impl RequestScan {
    /// Of a body in this dialect.
    pub fn of(dialect: Dialect) -> Self {
        Self { scan: ObjectScan::new(names(dialect)).marking(MARKS), dialect }
    }

    /// Reads the next piece.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), RequestFlaw> {
        self.scan.feed(piece).map_err(|flaw| RequestFlaw::from_scan(flaw, self.dialect))
    }

    /// Reads the fields once the body is whole.
    pub fn finish(self) -> Result<Deciding, RequestFlaw> {
        let may_hold_envelopes = self.scan.has_mark(ENVELOPE);
        let may_hold_thoughts = THOUGHTS.into_iter().any(|place| self.scan.has_mark(place));
        let dialect = self.dialect;
        let fields = self.scan.finish().map_err(|flaw| RequestFlaw::from_scan(flaw, dialect))?;
        let [
            model,
            stream,
            max_tokens,
            max_completion_tokens,
            max_output_tokens,
            stream_options,
            n,
            stream_format,
            previous,
            user,
            end_user,
        ] = fields.as_slice()
        else {
            unreachable!("the scan reports one place for each wanted name")
        };
        // Where both are given the newer one counts, as at OpenAI.
        let caps = [max_completion_tokens, max_tokens, max_output_tokens];
        let cap =
            caps.into_iter().flatten().find_map(|field| Some((count(Some(field))?, field.span.clone())));
        let Some(model) = model else { return Err(RequestFlaw::at(MODEL, "the body names no model")) };
        Ok(Deciding {
            model: model_name(model)?,
            model_span: model.span.clone(),
            is_streaming: flag(stream.as_ref())?,
            output_tokens_max: cap.as_ref().map(|(cap, _)| *cap),
            output_cap_span: cap.map(|(_, span)| span),
            choices: count(n.as_ref()).unwrap_or(1),
            wants_stream_usage: stream_options.as_ref().is_some_and(asks_for_usage),
            wants_speech_events: stream_format.as_ref().and_then(|field| field.text.as_deref())
                == Some(b"\"sse\""),
            previous_response: previous.as_ref().and_then(end_user::string),
            user: end_user::named(dialect, end_user.as_ref(), user.as_ref()).map_err(RequestFlaw::of_user)?,
            stream_options_span: stream_options.as_ref().map(|field| field.span.clone()),
            may_hold_envelopes,
            may_hold_thoughts,
        })
    }
}

impl RequestFlaw {
    fn at(field: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), param: Some(WANTED[field]) }
    }

    fn of_user(message: &'static str) -> Self {
        Self { message: message.to_owned(), param: Some("metadata.user_id") }
    }

    fn from_scan(flaw: Flaw, dialect: Dialect) -> Self {
        let at = |field: usize, why: &str| {
            let name = names(dialect)[field];
            Self { message: format!("the body has '{name}' {why}"), param: Some(name) }
        };
        let general = |message: String| Self { message, param: None };
        match flaw {
            Flaw::NotAnObject => general("the body is not a JSON object".to_owned()),
            Flaw::Malformed(at) => general(format!("the body is not valid JSON at byte {at}")),
            Flaw::Truncated => general("the body ends before its JSON object does".to_owned()),
            Flaw::TrailingBytes(at) => {
                general(format!("the body goes on after its JSON object, at byte {at}"))
            }
            Flaw::TooDeep => {
                general(format!("the body is nested deeper than {} levels", crate::json::DEPTH_MAX))
            }
            Flaw::Repeated(field) => at(field, "twice"),
            Flaw::OtherCase(field) => at(field, "in other letter case"),
        }
    }
}

const fn names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::OpenAiChat | Dialect::OpenAiResponses => WANTED,
        Dialect::AnthropicMessages => WANTED_OF_MESSAGES,
    }
}

fn model_name(field: &Field) -> Result<String, RequestFlaw> {
    let text = field.text.as_deref().filter(|text| text.len() <= MODEL_BYTES_MAX + 2);
    let Some(text) = text else {
        return Err(RequestFlaw::at(MODEL, format!("'model' is longer than {MODEL_BYTES_MAX} bytes")));
    };
    if text.first() != Some(&b'"') {
        return Err(RequestFlaw::at(MODEL, format!("'model' must be a string, not {}", type_name(text))));
    }
    let plain = &text[1..text.len() - 1];
    let is_plain = plain.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\');
    let name = if is_plain {
        String::from_utf8_lossy(plain).into_owned()
    } else {
        serde_json::from_slice(text)
            .map_err(|_| RequestFlaw::at(MODEL, "'model' is not a valid JSON string"))?
    };
    if name.is_empty() {
        return Err(RequestFlaw::at(MODEL, "'model' is empty"));
    }
    Ok(name)
}

fn flag(field: Option<&Field>) -> Result<bool, RequestFlaw> {
    match field.map(|field| field.text.as_deref()) {
        None | Some(Some(b"false" | b"null")) => Ok(false),
        Some(Some(b"true")) => Ok(true),
        Some(text) => {
            let found = type_name(text.unwrap_or_default());
            Err(RequestFlaw::at(STREAM, format!("'stream' must be true or false, not {found}")))
        }
    }
}

/// A cap is only read, never enforced here: the provider words the refusal of a wrong one.
fn count(field: Option<&Field>) -> Option<u64> {
    std::str::from_utf8(field?.text.as_deref()?).ok()?.parse().ok()
}

fn asks_for_usage(stream_options: &Field) -> bool {
    let Some(text) = stream_options.text.as_deref() else { return false };
    let item = Item::of_body(text).and_then(|item| item.fields());
    item.and_then(|mut fields| fields.boolean("include_usage")).is_ok_and(|asks| asks == Some(true))
}

/// The options of a stream, as they are given or from nothing, with usage asked for.
pub fn stream_options_with_usage(given: Option<&[u8]>) -> String {
    let fields = given.and_then(|text| Item::of_body(text).and_then(|item| item.fields()).ok());
    object(|options| {
        options.boolean("include_usage", true);
        for (name, item) in
            fields.into_iter().flat_map(Fields::rest).filter(|(name, _)| name != "include_usage")
        {
            options.raw(&name, item.text());
        }
    })
}

fn type_name(text: &[u8]) -> &'static str {
    match text.first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(b'-' | b'0'..=b'9') => "a number",
        _ => "that",
    }
}

#[cfg(test)]
mod tests {
    use super::{Deciding, RequestFlaw, RequestScan};
    use crate::Dialect;

    fn read(body: &str) -> Result<Deciding, RequestFlaw> {
        read_in(Dialect::OpenAiChat, body)
    }

    fn read_in(dialect: Dialect, body: &str) -> Result<Deciding, RequestFlaw> {
        let mut scan = RequestScan::of(dialect);
        scan.feed(body.as_bytes())?;
        scan.finish()
    }

    #[test]
    fn the_deciding_fields_are_read() {
        let body =
            r#"{"messages":[],"model":"gpt-4o","stream":true,"max_tokens":5,"max_completion_tokens":7}"#;
        let deciding = read(body).unwrap();
        assert_eq!((deciding.model.as_str(), deciding.is_streaming), ("gpt-4o", true));
        assert_eq!(&body[deciding.model_span], "\"gpt-4o\"");
        assert_eq!((deciding.output_tokens_max, deciding.choices), (Some(7), 1));
        assert_eq!(read(r#"{"model":"m","n":3}"#).unwrap().choices, 3);
        let asks = |options: &str| {
            read(&format!(r#"{{"model":"m","stream_options":{options}}}"#)).unwrap().wants_stream_usage
        };
        assert!(asks(r#"{"include_usage": true}"#) && asks(r#"{"a":1,"include_usage":true}"#));
        for options in ["null", "{}", r#"{"include_usage":false}"#, r#"{"a":{"include_usage":true}}"#, "7"] {
            assert!(!asks(options), "{options}");
        }
        assert_eq!(read(r#"{"model":"a\u0062\/c"}"#).unwrap().model, "ab/c");
    }

    #[test]
    fn usage_is_asked_for_beside_what_was_asked() {
        let with = |given: Option<&str>| super::stream_options_with_usage(given.map(str::as_bytes));
        assert_eq!(with(None), r#"{"include_usage":true}"#);
        assert_eq!(with(Some("null")), r#"{"include_usage":true}"#);
        let given = r#"{"include_usage":false, "include_obfuscation": false}"#;
        assert_eq!(with(Some(given)), r#"{"include_usage":true,"include_obfuscation":false}"#);
    }

    #[test]
    fn each_dialect_names_the_end_user_in_its_own_field() {
        use Dialect::{AnthropicMessages, OpenAiChat, OpenAiResponses};
        let user =
            |dialect, fields: &str| read_in(dialect, &format!(r#"{{"model":"m",{fields}}}"#)).unwrap().user;
        let named = |name: &str| Some(name.to_owned());
        for dialect in [OpenAiChat, OpenAiResponses] {
            assert_eq!(user(dialect, r#""user":"bob""#), named("bob"));
            assert_eq!(user(dialect, r#""user":"bob","safety_identifier":"b\u006fb-2""#), named("bob-2"));
            assert_eq!(user(dialect, r#""user":"bob","safety_identifier":"""#), named("bob"));
            assert_eq!(user(dialect, r#""metadata":{"user_id":"ann"},"metadata":{}"#), None);
        }
        let messages = |fields: &str| user(AnthropicMessages, fields);
        assert_eq!(messages(r#""metadata":{"tag":"x","user_id":"ann"},"user":"bob""#), named("ann"));
        assert_eq!(messages(r#""metadata":{"us\u0065r_id":"ann"}"#), named("ann"));
        for nobody in
            ["null", "7", "{}", r#"{"user_id":null}"#, r#"{"user_id":7}"#, r#"{"a":{"user_id":"x"}}"#]
        {
            assert_eq!(messages(&format!(r#""metadata":{nobody}"#)), None, "{nobody}");
            assert_eq!(messages(&format!(r#""user":"bob","metadata":{nobody}"#)), named("bob"), "{nobody}");
        }
        let long = format!(r#""metadata":{{"user_id":"ann","x":"{}"}}"#, "x".repeat(4096));
        assert_eq!(messages(&long), None, "what is too long to be kept is not looked into");
    }

    #[test]
    fn an_end_user_who_is_named_twice_is_refused() {
        let check = |dialect, fields: &str, message: &str, param: &'static str| {
            let flaw = read_in(dialect, &format!(r#"{{"model":"m",{fields}}}"#)).unwrap_err();
            assert_eq!((flaw.message.as_str(), flaw.param), (message, Some(param)), "{fields}");
        };
        let twice = "the body has 'metadata.user_id' twice";
        let messages = Dialect::AnthropicMessages;
        check(messages, r#""metadata":{"user_id":"a","user_id":"b"}"#, twice, "metadata.user_id");
        check(messages, r#""metadata":{"user_id":"a","us\u0065r_id":"b"}"#, twice, "metadata.user_id");
        let other_case = "the body has 'metadata.user_id' in other letter case";
        check(messages, r#""metadata":{"User_id":"a"}"#, other_case, "metadata.user_id");
        check(messages, r#""metadata":{},"metadata":{}"#, "the body has 'metadata' twice", "metadata");
        let twice = "the body has 'safety_identifier' twice";
        let fields = r#""safety_identifier":"a","safety_identifier":"b""#;
        check(Dialect::OpenAiResponses, fields, twice, "safety_identifier");
        check(messages, r#""user":"a","user":"b""#, "the body has 'user' twice", "user");
    }

    #[test]
    fn refusals_name_what_was_found() {
        let check = |body: &str, message: &str, param: Option<&str>| {
            let flaw = read(body).unwrap_err();
            assert_eq!((flaw.message.as_str(), flaw.param), (message, param), "{body}");
        };
        check("{}", "the body names no model", Some("model"));
        check(r#"{"model":7}"#, "'model' must be a string, not a number", Some("model"));
        check(r#"{"model":""}"#, "'model' is empty", Some("model"));
        check(r#"{"model":"\ud800"}"#, "'model' is not a valid JSON string", Some("model"));
        check(
            r#"{"model":"m","stream":"yes"}"#,
            "'stream' must be true or false, not a string",
            Some("stream"),
        );
        check(r#"{"model":"m","model":"n"}"#, "the body has 'model' twice", Some("model"));
        check(r#"["model"]"#, "the body is not a JSON object", None);
        check(
            &format!(r#"{{"model":"{}"}}"#, "m".repeat(257)),
            "'model' is longer than 256 bytes",
            Some("model"),
        );
    }
}
