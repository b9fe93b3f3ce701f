//! Answers of all shapes, cut at every byte of what the first source says. What comes of a cut within an event is the same
//! wherever in it the cut is, so the ways to go on, and the callers' dialects, take turns from byte to byte: each event of
//! each answer meets them all.

use dialects::Dialect;
use dialects::translation::Rescue;

use crate::made::{CallMade, Made, pieces};
use crate::rescue::{Case, Cut, WAYS};

/// Words that repeat themselves, rows, escapes, and characters of many bytes, two of them in escaped halves, one in two pieces.
const TEXT: &str = "Whales sing, ha ha ha!\n\n\u{e001}\u{e002} Each \"song\" is \\ long \u{e001}\u{e002}: \u{fc}ber 30\tmin, \u{4f60}\u{597d}.\n| a | b | c |\n| a | b | c |\nNever never never  again.";

fn call(id: &str, name: &str, arguments: &str) -> CallMade {
    CallMade { id: id.to_owned(), name: name.to_owned(), arguments: pieces(arguments, 12) }
}

fn answer(thought: &str, text: &str, calls: Vec<CallMade>) -> Made {
    Made { thought: pieces(thought, 7), text: pieces(text, 8), calls, tokens: (50, 9), is_cut: false }
}

fn check_every_cut(made: &Made, rescue: Rescue) {
    for (place, from) in Dialect::ALL.iter().enumerate() {
        let second = Dialect::ALL[(place + 1) % Dialect::ALL.len()];
        let stream = made.stream(*from);
        for at in 0..=stream.len() {
            let to = Dialect::ALL[at / WAYS.len() % Dialect::ALL.len()];
            let way = WAYS[at % WAYS.len()];
            let cut =
                Cut { at, ends: at / 2 % 2 == 0, way, from: second, bytes: usize::MAX, chars: 9 + at % 9 };
            Case { made, stream: &stream, from: *from, to, rescue, cuts: &[cut] }.check();
        }
    }
}

#[test]
fn words_are_told_once_wherever_they_are_cut() {
    check_every_cut(&answer("", TEXT, Vec::new()), Rescue::default());
}

#[test]
fn thoughts_and_words_are_told_once_wherever_they_are_cut() {
    let made = answer("I think \"so\".", "So be it: \u{e001}\u{e002} \"ha ha\"!", Vec::new());
    check_every_cut(&made, Rescue::default());
}

#[test]
fn calls_are_told_whole_wherever_they_are_cut() {
    let calls = vec![call("c1", "look_up", r#"{"for":"wh\u00e4le \"x\""}"#), call("c2", "list", "{}")];
    check_every_cut(&answer("", "Let me see: ", calls.clone()), Rescue::default());
    check_every_cut(&answer("", "", calls[..1].to_vec()), Rescue::default());
}

#[test]
fn what_is_held_is_begun_anew_wherever_it_is_cut() {
    let made = answer("Hm.", "{\"a\": [1, 2]}", Vec::new());
    check_every_cut(&made, Rescue { holds_text: true, hold_bytes: 0 });
    check_every_cut(&made, Rescue { holds_text: false, hold_bytes: 8 });
}
