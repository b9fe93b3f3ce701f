//! Translation: whatever is read is written as JSON that its own dialect can read, the same every time; a stream comes out the
//! same however it is cut. The first byte says between which dialects, and whether it is a request, an answer or a stream.

use dialects::canonical::{Abilities, Losses};
use dialects::translation::{BackMap, StreamTranslation, translate_reply};
use dialects::{Dialect, Target, Voice, Written};
use domain::Usage;

use crate::cuttings::cuttings;

/// Claims what the head of this file says about one text.
pub fn translation(input: &[u8]) {
    let Some((choice, text)) = input.split_first() else { return };
    let dialect = |choice: u8| Dialect::ALL[usize::from(choice) % Dialect::ALL.len()];
    let (from, to) = (dialect(choice / 3), dialect(*choice));
    match choice / 9 % 3 {
        0 => request(text, from, to),
        1 => answer(text, from, to),
        _ => stream(text, from, to),
    }
}

fn request(text: &[u8], from: Dialect, to: Dialect) {
    let Ok(prompt) = from.translator().read_prompt(text) else { return };
    let abilities = Abilities::default();
    let target = Target { model: "m", abilities: &abilities, output_tokens_default: 64 };
    let write = || to.translator().write_prompt(&prompt, &target, &mut Losses::new(false));
    let written = write();
    assert_eq!(written, write());
    if let Ok(written) = written {
        let read = to.translator().read_prompt(written.body.as_bytes());
        assert!(read.is_ok(), "{read:?} of {}", written.body);
    }
}

fn back_map() -> BackMap {
    BackMap::new(&Written::default(), None)
}

fn answer(text: &[u8], from: Dialect, to: Dialect) {
    let told = translate_reply(from, to, text, back_map(), &Voice::default(), |_| Usage::default());
    if let Ok(told) = told {
        let read = to.translator().read_reply(told.body.as_bytes());
        assert!(read.is_ok(), "{read:?} of {}", told.body);
    }
}

fn stream(text: &[u8], from: Dialect, to: Dialect) {
    let whole = translated(&[text], from, to);
    for pieces in cuttings(text) {
        assert_eq!(translated(&pieces, from, to), whole);
    }
}

fn translated(pieces: &[&[u8]], from: Dialect, to: Dialect) -> (String, bool, bool) {
    let mut translation = StreamTranslation::new(from, to, back_map(), Voice::default());
    let mut out: String = pieces.iter().map(|piece| translation.feed(piece)).collect();
    out.push_str(&translation.end(|_| Usage::default()));
    (out, translation.is_whole(), translation.fault().is_some())
}
