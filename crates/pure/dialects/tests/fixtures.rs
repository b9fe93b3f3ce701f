//! Every case under `fixtures/`: an answer as a provider sends it, and what watching it must tell, however it is cut.

use std::path::{Path, PathBuf};

use dialects::watch::{ReplyWatch, StreamWatch};
use domain::Usage;
use serde_json::{Value, json};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/openai_chat");
    let entries = std::fs::read_dir(root)
        .expect("the fixtures are beside this test")
        .map(|entry| entry.expect("a readable folder").path());
    let mut cases: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

fn usage(usage: Option<Usage>) -> Value {
    usage.map_or(Value::Null, |usage| {
        json!({
            "input": usage.input,
            "cached_input": usage.cached_input,
            "output": usage.output,
            "reasoning": usage.reasoning,
        })
    })
}

fn stream_facts(pieces: &[&[u8]]) -> Value {
    let mut watch = StreamWatch::default();
    pieces.iter().for_each(|piece| watch.feed(piece));
    json!({
        "events": watch.events(),
        "usage": usage(watch.usage()),
        "is_finished": watch.is_finished(),
        "is_error": watch.is_error(),
        "is_between_events": watch.is_between_events(),
    })
}

fn reply_facts(pieces: &[&[u8]]) -> Value {
    let mut watch = ReplyWatch::default();
    pieces.iter().for_each(|piece| watch.feed(piece));
    json!({ "usage": usage(watch.usage()), "is_whole": watch.is_whole(), "is_error": watch.is_error() })
}

#[test]
fn every_case_tells_its_facts_wherever_it_is_cut() {
    let cases = cases();
    assert!(cases.len() >= 9, "the cases are where this test looks for them");
    for case in cases {
        let expected: Value =
            serde_json::from_slice(&std::fs::read(case.join("facts.json")).unwrap()).unwrap();
        let stream = std::fs::read(case.join("answer.sse"));
        let facts: fn(&[&[u8]]) -> Value = if stream.is_ok() { stream_facts } else { reply_facts };
        let answer = stream.or_else(|_| std::fs::read(case.join("answer.json"))).unwrap();
        for cut in 0..=answer.len() {
            let (left, right) = answer.split_at(cut);
            assert_eq!(facts(&[left, right]), expected, "{} cut at {cut}", case.display());
        }
        let bytes: Vec<&[u8]> = answer.chunks(1).collect();
        assert_eq!(facts(&bytes), expected, "{} byte by byte", case.display());
    }
}
