//! Answers in no dialect, made up.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::talk::{arguments, words};

/// An answer: thoughts, then words, then calls, each in the pieces in which it is streamed.
#[derive(Clone, Debug)]
pub(crate) struct AnswerMade {
    pub(crate) thought: Option<Vec<String>>,
    pub(crate) seal: String,
    pub(crate) text: Vec<String>,
    pub(crate) calls: Vec<CallAnswered>,
    pub(crate) ending: Ending,
    pub(crate) usage: Used,
    /// Calls come in turns, piece by piece, where the dialect can.
    pub(crate) is_interleaved: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct CallAnswered {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Stop,
    Length,
    Filtered,
    Calls,
}

/// Tokens, each counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) uncached: u64,
    pub(crate) cached: u64,
    pub(crate) visible: u64,
    pub(crate) reasoning: u64,
}

/// What a stream tells at once.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece<'a> {
    Thought(&'a str),
    Text(&'a str),
    Call(usize, &'a CallAnswered),
    Arguments(usize, &'a str),
    CallEnd(usize),
}

impl AnswerMade {
    pub(crate) fn text(&self) -> Option<String> {
        (!self.text.is_empty()).then(|| self.text.concat())
    }

    /// The pieces in the order in which a dialect that can tell calls in turns tells them.
    pub(crate) fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces: Vec<Piece<'_>> =
            self.thought.iter().flatten().map(|text| Piece::Thought(text)).collect();
        pieces.extend(self.text.iter().map(|text| Piece::Text(text)));
        if !self.is_interleaved {
            pieces.extend(self.calls_in_order());
            return pieces;
        }
        pieces.extend(self.calls.iter().enumerate().map(|(index, call)| Piece::Call(index, call)));
        let longest = self.calls.iter().map(|call| call.arguments.len()).max().unwrap_or(0);
        for place in 0..longest {
            for (index, call) in self.calls.iter().enumerate() {
                pieces.extend(call.arguments.get(place).map(|text| Piece::Arguments(index, text)));
            }
        }
        pieces.extend((0..self.calls.len()).map(Piece::CallEnd));
        pieces
    }

    /// One call after the other.
    pub(crate) fn calls_in_order(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        for (index, call) in self.calls.iter().enumerate() {
            pieces.push(Piece::Call(index, call));
            pieces.extend(call.arguments.iter().map(|text| Piece::Arguments(index, text)));
            pieces.push(Piece::CallEnd(index));
        }
        pieces
    }
}

/// A text in pieces.
fn pieces(text: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<String>> {
    (text, vec(1..9_usize, 0..8)).prop_map(|(text, lengths)| {
        let mut chars = text.chars().peekable();
        let mut pieces = Vec::new();
        for length in lengths.into_iter().chain([usize::MAX]) {
            let piece: String = chars.by_ref().take(length).collect();
            if !piece.is_empty() {
                pieces.push(piece);
            }
        }
        pieces
    })
}

fn call() -> impl Strategy<Value = (String, Vec<String>)> {
    (select(&["look_up", "run-it", "b"][..]).prop_map(str::to_owned), pieces(arguments()))
}

pub(crate) fn answer() -> impl Strategy<Value = AnswerMade> {
    let used = (0..1000_u64, 0..1000_u64, 1..1000_u64, 0..1000_u64)
        .prop_map(|(uncached, cached, visible, reasoning)| Used { uncached, cached, visible, reasoning });
    let ending = select(&[Ending::Stop, Ending::Stop, Ending::Length, Ending::Filtered][..]);
    let text = prop_oneof![3 => pieces(words()), 1 => Just(Vec::new())];
    (option::of(pieces(words())), text, vec(call(), 0..4), ending, used, any::<bool>()).prop_map(
        |(thought, mut text, calls, ending, usage, is_interleaved)| {
            let calls: Vec<CallAnswered> = calls
                .into_iter()
                .enumerate()
                .map(|(place, (name, arguments))| CallAnswered {
                    id: format!("call_{place}"),
                    name,
                    arguments,
                })
                .collect();
            if calls.is_empty() && text.is_empty() {
                text.push("words".to_owned());
            }
            let ending = if calls.is_empty() { ending } else { Ending::Calls };
            AnswerMade { thought, seal: "c2VhbA==".to_owned(), text, calls, ending, usage, is_interleaved }
        },
    )
}
