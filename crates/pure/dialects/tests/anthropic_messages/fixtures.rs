//! Every file under `fixtures/anthropic_messages/`.

use std::path::{Path, PathBuf};

use dialects::Voice;
use dialects::canonical::{Abilities, Reply};
use serde_json::Value;

use super::speech::{but_for_early_usage, events, messages, read, send, stream};

fn cases(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/anthropic_messages").join(folder);
    let entries = std::fs::read_dir(root).expect("the fixtures are beside this test");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    cases.sort();
    assert!(cases.len() >= 3, "the cases are where this test looks for them");
    cases
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn voice(answer: &Value) -> Voice {
    let id = answer["id"].as_str().unwrap().trim_start_matches("msg_").to_owned();
    Voice { id, model: answer["model"].as_str().unwrap().to_owned(), ..Voice::default() }
}

#[test]
fn requests_come_back_as_they_went() {
    let abilities = Abilities { takes_late_instructions: true, ..Abilities::default() };
    for case in cases("prompts") {
        let given = json(&case);
        let sent = send(&read(&given), &abilities);
        assert_eq!(sent.body, given, "{}", case.display());
        assert_eq!(sent.codes, [""; 0], "{}", case.display());
    }
}

#[test]
fn answers_come_back_as_they_went() {
    for case in cases("answers") {
        let given = json(&case);
        let read = messages().read_reply(given.to_string().as_bytes()).unwrap();
        let written = messages().write_reply(&Reply::of(read), &voice(&given));
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), given, "{}", case.display());
    }
}

#[test]
fn a_stream_is_the_answer_it_amounts_to_wherever_it_is_cut() {
    for case in cases("streams") {
        let bytes = std::fs::read(&case).unwrap();
        let whole = case.parent().unwrap().with_file_name("answers").join(case.file_name().unwrap());
        let answer = std::fs::read(whole.with_extension("json")).unwrap();
        let expected = Reply::of(messages().read_reply(&answer).unwrap());
        let read = events(&[&bytes]).unwrap();
        assert_eq!(Reply::of(read.clone()), expected, "{}", case.display());
        for cut in 0..=bytes.len() {
            let (left, right) = bytes.split_at(cut);
            assert_eq!(events(&[left, right]).unwrap(), read, "{} cut at {cut}", case.display());
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(events(&single).unwrap(), read, "{} byte by byte", case.display());
    }
}

#[test]
fn a_stream_that_is_written_again_tells_the_same() {
    for case in cases("streams") {
        let read = but_for_early_usage(events(&[&std::fs::read(&case).unwrap()]).unwrap());
        let whole = case.parent().unwrap().with_file_name("answers").join(case.file_name().unwrap());
        let text = stream(&voice(&json(&whole.with_extension("json"))), &read);
        let again = but_for_early_usage(events(&[text.as_bytes()]).unwrap());
        // A citation belongs to its block, wherever in it it stands.
        if case.file_stem().is_some_and(|name| name == "cited-and-stopped") {
            assert_eq!(Reply::of(again), Reply::of(read));
        } else {
            assert_eq!(again, read, "{}", case.display());
        }
    }
}
