//! Long answers, cut by chance, up to four times.

use dialects::Dialect;
use dialects::translation::Rescue;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use crate::made::{CallMade, Made, pieces};
use crate::rescue::{Case, Cut, WAYS};

fn config() -> Config {
    let cases = std::env::var("RESCUE_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(300);
    // Failures are told in full; nothing is written beside the tests.
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Words, rows and rulers, with white space of all kinds. Phrases come twice only where white space stands between: all else
/// could not be told from a repetition by anybody.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => "[a-z]{1,9}[,.:\"\\\\]?",
        1 => "[\u{4e00}-\u{4fff}]{1,4}",
        1 => select(&["ha ha ha", "never\nnever\nnever", "| a | b |\n| a | b |\n| a | b |", "\u{e001}\u{e002}", "\u{1f40b}\u{200d}", "{\"k\": [", "------"][..])
            .prop_map(str::to_owned),
    ];
    let white = select(&[" ", " ", " ", " ", "\n", "\n\n", "  ", " \n\t", "\u{3000}", "\u{a0}"][..]);
    vec((word, white), 0..120).prop_map(|words| words.into_iter().map(|(word, white)| word + white).collect())
}

fn answer() -> impl Strategy<Value = Made> {
    let call = ("[a-z]{1,6}", "[a-z\u{e9} \u{1f40b}]{0,40}", 1..9_usize);
    let text = prop_oneof![6 => words(), 1 => Just(String::new())];
    (words(), any::<bool>(), text, vec(call, 0..3), 1..12_usize, any::<bool>()).prop_map(
        |(thought, thinks, text, calls, chars, is_cut)| {
            // Its first character comes nowhere else: who says it begins from the start.
            let text = if text.is_empty() && !calls.is_empty() { text } else { format!("\u{a7}{text}") };
            let thought = thought.replace(['\u{e001}', '\u{e002}'], "");
            let calls = calls.into_iter().enumerate().map(|(place, (name, value, chars))| {
                let arguments = serde_json::json!({ "value": value }).to_string();
                CallMade { id: format!("call_{place}"), name, arguments: pieces(&arguments, chars) }
            });
            Made {
                thought: pieces(if thinks { &thought } else { "" }, chars + 1),
                text: pieces(&text, chars),
                calls: calls.collect(),
                tokens: (100, 20),
                is_cut,
            }
        },
    )
}

fn cut() -> impl Strategy<Value = Cut> {
    let bytes = prop_oneof![1 => Just(usize::MAX), 1 => 1..200_usize];
    // Often near the beginning of what a source says, where the seam is.
    let at = prop_oneof![2 => 0..3000_usize, 1 => 0..40_000_usize];
    (at, any::<bool>(), select(&WAYS[..]), select(Dialect::ALL), bytes, 1..20_usize)
        .prop_map(|(at, ends, way, from, bytes, chars)| Cut { at, ends, way, from, bytes, chars })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_answer_of_many_sources_is_one_answer(
        made in answer(),
        from in select(Dialect::ALL),
        to in select(Dialect::ALL),
        cuts in vec(cut(), 1..5),
        hold_bytes in prop_oneof![3 => Just(0), 1 => 0..400_usize],
        holds_text in prop_oneof![5 => Just(false), 1 => Just(true)],
    ) {
        let rescue = Rescue { holds_text, hold_bytes };
        let stream = made.stream(from);
        Case { made: &made, stream: &stream, from, to, rescue, cuts: &cuts }.check();
    }
}
