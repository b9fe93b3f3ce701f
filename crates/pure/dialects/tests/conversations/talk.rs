//! Conversations in no dialect, made up: what a translation must carry.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// A conversation up to where an answer is awaited.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) system: Option<String>,
    pub(crate) rounds: Vec<Round>,
    pub(crate) tools: Vec<ToolMade>,
    /// The schema of the answer.
    pub(crate) schema: Option<String>,
}

impl Talk {
    /// Whether the closing words of a round are said: those of the last are awaited.
    pub(crate) fn is_answered(&self, place: usize) -> bool {
        place + 1 < self.rounds.len()
    }

    /// The thought of a round, where the model has a turn to think it in.
    pub(crate) fn thought(&self, place: usize) -> Option<&str> {
        let has_turn = self.is_answered(place) || !self.rounds[place].calls.is_empty();
        self.rounds[place].thought.as_deref().filter(|_| has_turn)
    }
}

/// A question and what comes of it.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) question: String,
    pub(crate) image: Option<Image>,
    pub(crate) thought: Option<String>,
    /// Said before the calls.
    pub(crate) said: Option<String>,
    pub(crate) calls: Vec<CallMade>,
    /// Said when all is done.
    pub(crate) closing: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Image {
    Inline(String),
    Url(String),
}

#[derive(Clone, Debug)]
pub(crate) struct CallMade {
    pub(crate) id: String,
    /// Which of the tools.
    pub(crate) tool: usize,
    /// JSON text, or plain text for a custom tool.
    pub(crate) arguments: String,
    pub(crate) result: Vec<String>,
    pub(crate) image: Option<Image>,
    pub(crate) is_error: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ToolMade {
    pub(crate) name: String,
    pub(crate) is_custom: bool,
}

/// The schema of every tool: numbers in it are no less exact than in arguments.
pub(crate) const SCHEMA: &str = "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"maximum\":18446744073709551615}},\"additionalProperties\":true}";

/// A schema that every dialect takes for an answer.
const CLOSED_SCHEMA: &str = "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"],\"additionalProperties\":false}";

/// Words with everything that is escaped somewhere.
pub(crate) fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z ,.]{1,12}",
        1 => select(&["\"", "\\", "\n", "\r\n", "\t", "\u{1}", "</x>", "\u{e4}", "\u{1f642}", "\u{2028}", "data: ", "[DONE]"][..])
            .prop_map(str::to_owned),
    ];
    // Words of white alone are none in some dialects, and white at their ends is cut in others.
    vec(piece, 1..5).prop_map(|pieces| format!("w{}.", pieces.concat()))
}

fn number() -> impl Strategy<Value = String> {
    select(
        &[
            "0",
            "-0.0",
            "1e-7",
            "1E+400",
            "9223372036854775807",
            "18446744073709551616",
            "0.1",
            "1.0",
            "-12345678901234567890.123",
        ][..],
    )
    .prop_map(str::to_owned)
}

fn json_text() -> impl Strategy<Value = String> {
    let plain = words().prop_map(|words| serde_json::to_string(&words).unwrap());
    let escaped =
        select(&["\"\\u00e4\\/\"", "\"\\ud83d\\ude42\"", "\"\\\"\\\\\"", "\"\""][..]).prop_map(str::to_owned);
    prop_oneof![3 => plain, 1 => escaped]
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        2 => number(),
        2 => json_text(),
        1 => select(&["null", "true", "false"][..]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            members(inner, 4)
        ]
    })
}

fn members(value: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = String> {
    vec(value, 0..most).prop_map(|values| {
        let member = |(place, value)| format!("\"k{place}\" :{value}");
        format!("{{ {}}}", values.into_iter().enumerate().map(member).collect::<Vec<_>>().join(","))
    })
}

/// Arguments as models write them: keys in any order, white anywhere, numbers beyond any type.
pub(crate) fn arguments() -> impl Strategy<Value = String> {
    prop_oneof![5 => members(value(), 5), 1 => Just("{}".to_owned())]
}

pub(crate) fn image() -> impl Strategy<Value = Image> {
    prop_oneof![
        select(&["iVBORw0KGgo=", "AAAA", "/+8="][..]).prop_map(|data| Image::Inline(data.to_owned())),
        (0..9_u8).prop_map(|place| Image::Url(format!("https://example.com/{place}.png?a=1&b=%20"))),
    ]
}

/// Names that every dialect takes, and some that few take.
const NAMES: &[&str] = &[
    "look_up",
    "run-it",
    "a.b",
    "a_b",
    "get weather",
    "much_too_long_for_a_name_of_a_tool_in_most_of_the_dialects_that_there_are",
];

fn tools() -> impl Strategy<Value = Vec<ToolMade>> {
    let tool = |name: &&str| {
        let name = (*name).to_owned();
        prop_oneof![4 => Just(false), 1 => Just(true)]
            .prop_map(move |is_custom| ToolMade { name: name.clone(), is_custom })
    };
    NAMES.iter().map(tool).collect::<Vec<_>>()
}

fn call() -> impl Strategy<Value = CallMade> {
    let ids = prop_oneof![3 => Just("call_"), 1 => Just("functions.look:"), 1 => Just("toolu_01_an_id_that_is_longer_than_some_hosts_take_it_")];
    (
        ids,
        0..NAMES.len(),
        arguments(),
        vec(words(), 1..3),
        option::weighted(0.2, image()),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(id, tool, arguments, result, image, is_error)| CallMade {
            id: id.to_owned(),
            tool,
            arguments,
            result,
            image,
            is_error,
        })
}

fn round() -> impl Strategy<Value = Round> {
    (
        words(),
        option::weighted(0.3, image()),
        option::weighted(0.4, words()),
        option::weighted(0.5, words()),
        vec(call(), 0..4),
        words(),
    )
        .prop_map(|(question, image, thought, said, calls, closing)| Round {
            question,
            image,
            thought,
            said,
            calls,
            closing,
        })
}

pub(crate) fn talk() -> impl Strategy<Value = Talk> {
    let schema = option::weighted(0.4, select(&[SCHEMA, CLOSED_SCHEMA][..]).prop_map(str::to_owned));
    (option::of(words()), vec(round(), 1..5), tools(), schema, any::<bool>()).prop_map(
        |(system, mut rounds, tools, schema, ends_with_results)| {
            if let (Some(last), false) = (rounds.last_mut(), ends_with_results) {
                last.calls.clear();
            }
            let calls = rounds.iter_mut().flat_map(|round| &mut round.calls);
            for (place, call) in calls.enumerate() {
                call.id = format!("{}{place}", call.id);
                if tools[call.tool].is_custom {
                    call.arguments = format!("*** {}", call.arguments);
                }
            }
            Talk { system, rounds, tools, schema }
        },
    )
}
