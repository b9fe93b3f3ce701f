//! Thoughts that a provider has sealed: told to a caller of another dialect, given back by him with the next request, and home
//! again as they left.

use dialects::canonical::{Abilities, Losses, Part, Reply, Seal, Thought};
use dialects::envelope::{self, Provenance};
use dialects::json::Item;
use dialects::translation::{BackMap, SealKeeper, translate_reply};
use dialects::{Dialect, Target, Voice, Written};
use domain::Usage;
use proptest::prelude::*;

use crate::answer::{AnswerMade, answer};
use crate::answers::whole;
use crate::wire::quoted;
use crate::{config, pairs};

const HERE: Provenance<'_> = Provenance { tenant: "t", provider: "p", model: "m" };

fn mark(text: &str) -> [u8; 32] {
    [text.bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)); 32]
}

fn keeper() -> SealKeeper {
    Box::new(|seal| Some(Seal { form: seal.form, blob: envelope::close(seal, HERE, mark)? }))
}

/// The JSON text at a place of an answer.
fn at(body: &str, path: &[&str]) -> String {
    let mut text = body.to_owned();
    for name in path {
        let item = Item::of_body(text.as_bytes()).unwrap();
        text = if *name == "0" {
            item.list().unwrap()[0].text().to_owned()
        } else {
            item.fields().unwrap().need(name).unwrap().text().to_owned()
        };
    }
    text
}

/// The next request of a caller who gives an answer back as it is, with what his tools said.
fn next_request(answer: &AnswerMade, body: &str, dialect: Dialect) -> String {
    let ids = || answer.calls.iter().map(|call| quoted(&call.id));
    let each =
        |results: Vec<String>| results.into_iter().map(|result| format!(",{result}")).collect::<String>();
    match dialect {
        Dialect::OpenAiChat => {
            let message = at(body, &["choices", "0", "message"]);
            let results =
                ids().map(|id| format!(r#"{{"role":"tool","tool_call_id":{id},"content":"r"}}"#)).collect();
            format!(
                r#"{{"model":"m","messages":[{{"role":"user","content":"q"}},{message}{}]}}"#,
                each(results)
            )
        }
        Dialect::OpenAiResponses => {
            let items = at(body, &["output"]);
            let items = items.trim_start_matches('[').trim_end_matches(']');
            let result = |id| format!(r#"{{"type":"function_call_output","call_id":{id},"output":"r"}}"#);
            let results = each(ids().map(result).collect());
            format!(r#"{{"model":"m","input":[{{"role":"user","content":"q"}},{items}{results}]}}"#)
        }
        Dialect::AnthropicMessages => {
            let content = at(body, &["content"]);
            let result = |id| format!(r#"{{"type":"tool_result","tool_use_id":{id},"content":"r"}}"#);
            let mut results = ids().map(result).collect::<Vec<_>>().join(",");
            if results.is_empty() {
                results = r#"{"type":"text","text":"go on"}"#.to_owned();
            }
            format!(
                r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"q"}},{{"role":"assistant","content":{content}}},{{"role":"user","content":[{results}]}}]}}"#
            )
        }
    }
}

fn thoughts<'p>(parts: impl Iterator<Item = &'p Part>) -> Vec<Thought> {
    let thought = |part: &Part| match part {
        // Whether words are a summary, and the provider's own id, are told beside the seal where the dialect has a place.
        Part::Thought(thought) => Some(Thought { id: None, is_summary: false, ..thought.clone() }),
        _ => None,
    };
    parts.filter_map(thought).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_a_provider_has_sealed_comes_home(answer in answer()) {
        for (provider, caller) in pairs().filter(|(provider, caller)| provider != caller) {
            let body = whole(&answer, provider);
            let sealed = Reply::of(provider.translator().read_reply(body.as_bytes()).unwrap());
            let back_map = BackMap::new(&Written::default(), Some(keeper()));
            let voice = Voice { id: "a".to_owned(), model: "m".to_owned(), ..Voice::default() };
            let told = translate_reply(provider, caller, body.as_bytes(), back_map, &voice, |_| Usage::default());
            let request = next_request(&answer, &told.unwrap().body, caller);
            let mut prompt = caller.translator().read_prompt(request.as_bytes()).unwrap();
            let mut losses = Losses::new(false);
            envelope::settle(&mut prompt, |form| form.dialect() == provider, HERE, mark, &mut losses).unwrap();
            let abilities = Abilities::default();
            let target = Target { model: "m", abilities: &abilities, output_tokens_default: 9 };
            let written = provider.translator().write_prompt(&prompt, &target, &mut losses).unwrap();
            let home = provider.translator().read_prompt(written.body.as_bytes()).unwrap();
            let home = thoughts(home.turns.iter().flat_map(|turn| &turn.parts));
            let expected = thoughts(sealed.parts.iter());
            prop_assert_eq!(home, expected, "{:?} by way of {:?}\n{}\n{}", provider, caller, request, written.body);
        }
    }
}
