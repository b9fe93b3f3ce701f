//! Sound, images, moderation and ranking, as a peer of a node sees them.

use serde_json::{Value, json};
use simulator::{Node, expected_speech};

use crate::named_events::{kinds, named_events};
use crate::raw_client::{Answer, RawClient, ask, one_node};

/// SHA-256 of "abc".
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Sends a form: fields, and one file with "abc" in it.
async fn send_form(node: &Node, path: &str, file_field: &str, fields: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str(&format!(
        "--b\r\ncontent-disposition: form-data; name=\"{file_field}\"; filename=\"a.bin\"\r\ncontent-type: audio/wav\r\n\r\n\
         abc\r\n--b--\r\n"
    ));
    let mut client = RawClient::connect(node.address()).await;
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: {length}\r\n\r\n"
    );
    client.send(head + &body).await;
    client.answer().await
}

fn receipt(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

fn file(field: &str) -> Value {
    json!({ "field": field, "name": "a.bin", "content_type": "audio/wav", "bytes": 3, "sha256": ABC })
}

#[tokio::test]
async fn a_transcription_says_what_was_received() {
    let (_simulator, node) = one_node().await;
    let fields = [("model", "gpt-4o-transcribe"), ("include[]", "logprobs")];
    let json = send_form(&node, "/v1/audio/transcriptions", "file", &fields).await.json();
    let expected = json!({ "fields": { "model": "gpt-4o-transcribe", "include": ["logprobs"] }, "files": [file("file")] });
    assert_eq!(receipt(&json["text"]), expected);
    assert_eq!(json["usage"]["type"], "tokens");
    let timed = send_form(&node, "/v1/audio/translations", "file", &[("model", "whisper-1")]).await.json();
    assert_eq!(timed["usage"], json!({ "type": "duration", "seconds": 1 }));
    let text =
        send_form(&node, "/v1/audio/transcriptions", "file", &[("model", "m"), ("response_format", "vtt")])
            .await;
    assert!(text.text().starts_with("WEBVTT\n") && text.text().contains(ABC));
    let streamed =
        send_form(&node, "/v1/audio/transcriptions", "file", &[("model", "m"), ("stream", "true")]).await;
    let events = named_events(&streamed);
    assert_eq!(kinds(&events), ["transcript.text.delta", "transcript.text.done"]);
    assert_eq!(send_form(&node, "/v1/audio/transcriptions", "sound", &[("model", "m")]).await.status, 400);
    assert_eq!(ask(&node, "/v1/audio/transcriptions", &json!({ "model": "m" })).await.status, 400);
}

#[tokio::test]
async fn speech_is_foretold() {
    let (_simulator, node) = one_node().await;
    let mut body = json!({ "model": "tts-1", "input": "hello", "voice": "alloy" });
    let answer = ask(&node, "/v1/audio/speech", &body).await;
    assert_eq!(answer.header("content-type"), Some("audio/mpeg"));
    assert_eq!(answer.body, expected_speech("hello", "alloy", "mp3"));
    body["stream_format"] = json!("sse");
    let events = named_events(&ask(&node, "/v1/audio/speech", &body).await);
    assert_eq!(kinds(&events), ["speech.audio.delta", "speech.audio.done"]);
    body["voice"] = Value::Null;
    assert_eq!(ask(&node, "/v1/audio/speech", &body).await.status, 400);
}

#[tokio::test]
async fn images_say_what_was_asked_for() {
    let (_simulator, node) = one_node().await;
    let mut body = json!({ "model": "gpt-image-1", "prompt": "a cat", "n": 2 });
    let json = ask(&node, "/v1/images/generations", &body).await.json();
    assert_eq!(
        (json["data"].as_array().unwrap().len(), &json["data"][1]["revised_prompt"]),
        (2, &json!("a cat"))
    );
    (body["stream"], body["partial_images"]) = (json!(true), json!(2));
    let events = named_events(&ask(&node, "/v1/images/generations", &body).await);
    assert_eq!(
        (events.len(), kinds(&events)),
        (3, vec!["image_generation.partial_image", "image_generation.completed"])
    );
    let json =
        send_form(&node, "/v1/images/edits", "image[]", &[("model", "m"), ("prompt", "x"), ("n", "2")])
            .await
            .json();
    assert_eq!(receipt(&json["data"][1]["revised_prompt"])["files"], json!([file("image[]")]));
    assert_eq!(send_form(&node, "/v1/images/variations", "image", &[("model", "m")]).await.status, 200);
    assert_eq!(
        send_form(&node, "/v1/images/edits", "image", &[("model", "m")]).await.status,
        400,
        "no prompt"
    );
    assert_eq!(
        ask(&node, "/v1/images/edits", &json!({ "model": "m", "prompt": "x" })).await.status,
        400,
        "no image"
    );
}

#[tokio::test]
async fn marked_texts_are_flagged() {
    let (_simulator, node) = one_node().await;
    let json = ask(&node, "/v1/moderations", &json!({ "input": ["fine", "bad [flag]"] })).await.json();
    assert_eq!(
        (&json["results"][0]["flagged"], &json["results"][1]["flagged"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(json["results"][1]["categories"]["violence"], true);
    let parts = json!([{ "type": "text", "text": "[flag]" }, { "type": "image_url", "image_url": { "url": "data:" } }]);
    let json = ask(&node, "/v1/moderations", &json!({ "input": parts })).await.json();
    assert_eq!(json["results"][0]["category_applied_input_types"]["hate"], json!(["text", "image"]));
    assert_eq!(ask(&node, "/v1/moderations", &json!({ "input": [] })).await.status, 400);
}

#[tokio::test]
async fn documents_are_ranked() {
    let (_simulator, node) = one_node().await;
    let body = json!({ "model": "m", "query": "red fox", "documents": ["a dog", "the red fox", { "text": "Fox" }], "top_n": 2, "return_documents": true });
    for path in ["/v1/rerank", "/v2/rerank"] {
        let json = ask(&node, path, &body).await.json();
        assert_eq!(
            json["results"],
            json!([
                { "index": 1, "relevance_score": 1.0, "document": { "text": "the red fox" } },
                { "index": 2, "relevance_score": 0.5, "document": { "text": "Fox" } },
            ])
        );
    }
}
