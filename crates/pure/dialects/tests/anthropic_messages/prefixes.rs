//! What is sent for a conversation is the beginning of what is sent for a longer one: caches live of it, and signed thoughts
//! are refused without it.

use dialects::canonical::{Abilities, Losses, Prompt, ThinkingForm};
use dialects::{Target, Written};
use serde_json::{Value, json};

use super::speech::{messages, read};

/// Ten turns with parallel calls, odd ids and names, thoughts of all kinds, and instructions between.
fn conversation() -> Vec<Value> {
    let mut turns = vec![json!({"role": "user", "content": "Begin."})];
    for round in 0..5 {
        let (first, second) = (format!("functions.f:{round}"), format!("call {round}"));
        turns.push(json!({"role": "assistant", "content": [
            {"type": "thinking", "thinking": if round % 2 == 0 { "" } else { "Hm." }, "signature": format!("s{round}")},
            {"type": "redacted_thinking", "data": format!("r{round}")},
            {"type": "text", "text": format!("Round {round}")},
            {"type": "tool_use", "id": first, "name": "files.read", "input": {"n": round}},
            {"type": "tool_use", "id": second, "name": "now", "input": {}},
        ]}));
        turns.push(json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": second, "content": "noon"},
            {"type": "tool_result", "tool_use_id": first, "content": [{"type": "text", "text": "text"}]},
            {"type": "text", "text": "Next."},
        ]}));
        if round == 2 {
            turns.push(json!({"role": "system", "content": "Faster."}));
            turns.push(json!({"role": "user", "content": "Yes."}));
        }
    }
    turns
}

fn prompt(turns: &[Value]) -> Prompt {
    read(&json!({
        "model": "m", "max_tokens": 9000, "system": "S",
        "thinking": {"type": "adaptive"}, "tool_choice": {"type": "any"},
        "tools": [{"name": "files.read", "input_schema": {"type": "object"}}, {"name": "now", "input_schema": {"type": "object"}}],
        "messages": turns,
    }))
}

fn written(prompt: &Prompt, abilities: &Abilities) -> Written {
    let target = Target { model: "m", abilities, output_tokens_default: 8192 };
    messages().write_prompt(prompt, &target, &mut Losses::new(false)).unwrap()
}

/// The body without the brackets that end it.
fn open_body(prompt: &Prompt, abilities: &Abilities) -> String {
    let body = written(prompt, abilities).body;
    body.strip_suffix("]}").expect("the conversation comes last").to_owned()
}

#[test]
fn a_longer_conversation_begins_with_the_same_bytes() {
    let turns = conversation();
    for takes_late_instructions in [false, true] {
        let abilities =
            Abilities { takes_late_instructions, thinking: ThinkingForm::Adaptive, ..Abilities::default() };
        let whole = open_body(&prompt(&turns), &abilities);
        // Every point at which the model is asked.
        let ends = (1..turns.len())
            .filter(|end| turns[*end]["role"] == "assistant" && turns[end - 1]["role"] == "user");
        for end in ends {
            let shorter = open_body(&prompt(&turns[..end]), &abilities);
            assert!(whole.starts_with(&shorter), "turn {end}:\n{shorter}\n{whole}");
        }
    }
}

#[test]
fn marks_that_wander_change_nothing_else() {
    let turns = conversation();
    let plain = written(&prompt(&turns), &Abilities::default()).body;
    for marked_turn in [0, 2, 4] {
        let mut turns = turns.clone();
        let content = turns[marked_turn]["content"].take();
        let mut blocks = match content {
            Value::String(text) => vec![json!({"type": "text", "text": text})],
            other => other.as_array().unwrap().clone(),
        };
        blocks.last_mut().unwrap()["cache_control"] = json!({"type": "ephemeral"});
        turns[marked_turn]["content"] = Value::Array(blocks);
        let marked = written(&prompt(&turns), &Abilities::default()).body;
        let mark = ",\"cache_control\":{\"type\":\"ephemeral\"}";
        assert_eq!(marked.matches(mark).count(), 1);
        assert_eq!(marked.replace(mark, ""), plain);
    }
}

#[test]
fn the_same_request_gives_the_same_bytes_and_names() {
    let prompt = prompt(&conversation());
    let (first, second) = (written(&prompt, &Abilities::default()), written(&prompt, &Abilities::default()));
    assert_eq!(first, second);
    let [(sent, known)] = first.renamed_tools.as_slice() else { panic!("{:?}", first.renamed_tools) };
    assert_eq!(known, "files.read");
    assert_eq!(first.body.matches(&format!("\"name\":\"{sent}\"")).count(), 6);
    assert!(!first.body.contains("functions.f") && !first.body.contains("files.read"));
}
