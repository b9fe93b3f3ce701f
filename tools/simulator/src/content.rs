//! Carries out misbehaviours in what is said. How it is sent is `script.rs`.

use serde_json::Value;

use crate::dialect::Dialect;
use crate::misbehaviour::{Content, Deviation};
use crate::reply::{Body, Event, Reply};

/// Starts like an event and is none.
const BROKEN_JSON: &str =
    r#"{"id":"chatcmpl-broken","object":"chat.completion.chunk","choices":[{"index":0,"#;

/// What a proxy in front of a provider may say.
const HTML_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head>\n\
                         <body><h1>Something went wrong</h1><p>Please try again later.</p></body></html>\n";

/// Says it wrongly. The order in which misbehaviours are given is the order in which they are applied.
pub(crate) fn distort(mut reply: Reply, faults: &[Content], dialect: Dialect) -> Reply {
    let code = faults.iter().find_map(|fault| match fault {
        Content::Code(code) => Some(code.as_str()),
        _ => None,
    });
    for fault in faults {
        match fault {
            Content::Status(status) => {
                say(&mut reply, *status, dialect.error(*status, code, "the simulator was told to fail"));
            }
            Content::RetryAfter(when) => reply.headers.push(("retry-after", when.clone())),
            Content::Redirect(address) => {
                say(&mut reply, 307, Value::Null);
                reply.headers.push(("location", address.clone()));
            }
            Content::Cookie => {
                reply.headers.push(("set-cookie", "session=simulated; Path=/; HttpOnly".to_owned()));
            }
            Content::Html => say_text(&mut reply, "text/html; charset=utf-8", HTML_PAGE),
            Content::Empty => {
                let content_type = reply.content_type.clone();
                say_text(&mut reply, &content_type, "");
            }
            Content::WrongType(content_type) => reply.content_type.clone_from(content_type),
            Content::Malformed { after_events } => break_event(&mut reply, *after_events),
            Content::ErrorEvent { after_events } => fail_inside(&mut reply, *after_events, code, dialect),
            Content::Failed { after_events } => {
                let begun = begun_response(&reply);
                fail_inside(&mut reply, *after_events, code, dialect);
                if let (Some(response), Body::Events(events)) = (begun, &mut reply.body) {
                    events.pop();
                    events.push(Dialect::failed_event(response, code, events.len()));
                }
            }
            Content::NoDone => {
                if let Body::Events(events) = &mut reply.body {
                    events.retain(|event| !dialect.is_end(event));
                }
            }
            Content::NoUsage => remove_usage(&mut reply),
            Content::Comments => add_comments(&mut reply),
            Content::Finish(reason) => each_value(&mut reply, |value| set_finish(value, reason)),
            Content::FlatError => each_value(&mut reply, flatten_error),
            // Already obeyed: the code above, the others when the answer was made.
            Content::Code(_) | Content::Huge { .. } | Content::Deviation(_) => {}
        }
    }
    reply
}

/// The length a `huge` asks for: bytes, and whether they all go into one event.
pub(crate) fn huge(faults: &[Content]) -> Option<(usize, bool)> {
    faults.iter().find_map(|fault| match fault {
        Content::Huge { bytes, is_one_event } => Some((*bytes, *is_one_event)),
        _ => None,
    })
}

/// The deviations among them.
pub(crate) fn deviations(faults: &[Content]) -> Vec<Deviation> {
    let deviation = |fault: &Content| match fault {
        Content::Deviation(deviation) => Some(*deviation),
        _ => None,
    };
    faults.iter().filter_map(deviation).collect()
}

/// Says something else, keeping the headers that other misbehaviours have set.
fn say(reply: &mut Reply, status: u16, value: Value) {
    *reply = Reply { headers: std::mem::take(&mut reply.headers), ..Reply::json(status, value) };
}

fn say_text(reply: &mut Reply, content_type: &str, text: &str) {
    content_type.clone_into(&mut reply.content_type);
    reply.body = Body::Text(text.to_owned());
}

fn break_event(reply: &mut Reply, after_events: usize) {
    match &mut reply.body {
        Body::Events(events) => {
            let place = after_events.min(events.len());
            events.insert(place, Event::Broken(BROKEN_JSON));
        }
        body => *body = Body::Text(BROKEN_JSON.to_owned()),
    }
}

fn fail_inside(reply: &mut Reply, after_events: usize, code: Option<&str>, dialect: Dialect) {
    let message = "the simulator was told to fail in the middle of its answer";
    match &mut reply.body {
        Body::Events(events) => {
            events.truncate(after_events);
            events.push(dialect.error_event(code, message, events.len()));
        }
        body => *body = Body::Json(dialect.error(500, code, message)),
    }
}

/// The response that a stream has begun, in the dialect that has such.
fn begun_response(reply: &Reply) -> Option<Value> {
    let Body::Events(events) = &reply.body else { return None };
    match events.first() {
        Some(Event::Named(first)) if first["response"].is_object() => Some(first["response"].clone()),
        _ => None,
    }
}

fn add_comments(reply: &mut Reply) {
    if let Body::Events(events) = &mut reply.body {
        *events = std::mem::take(events).into_iter().flat_map(|event| [Event::Comment, event]).collect();
    }
}

fn each_value(reply: &mut Reply, mut change: impl FnMut(&mut Value)) {
    match &mut reply.body {
        Body::Json(value) => change(value),
        Body::Text(_) | Body::Bytes(_) => {}
        Body::Events(events) => {
            for event in events {
                if let Event::Chunk(value) | Event::Named(value) = event {
                    change(value);
                }
            }
        }
    }
}

fn set_finish(value: &mut Value, reason: &str) {
    let choices = value.get_mut("choices").and_then(Value::as_array_mut);
    for choice in choices.into_iter().flatten().filter(|choice| choice["finish_reason"].is_string()) {
        choice["finish_reason"] = reason.into();
    }
}

fn flatten_error(value: &mut Value) {
    if let Some(Value::Object(mut error)) = value.get_mut("error").map(Value::take) {
        error.insert("object".to_owned(), "error".into());
        *value = error.into();
    }
}

fn remove_usage(reply: &mut Reply) {
    // The chunk that carries the usage carries nothing else.
    if let Body::Events(events) = &mut reply.body {
        events.retain(|event| !matches!(event, Event::Chunk(chunk) if chunk["usage"].is_object()));
    }
    each_value(reply, |value| {
        for holder in ["", "/message", "/response"] {
            if let Some(Value::Object(fields)) = value.pointer_mut(holder) {
                fields.remove("usage");
            }
        }
    });
}
