//! Translation: whatever is read is written as JSON that its own dialect can read, the same every time; a stream comes out the
//! same however it is cut, one that may be rescued, too, and whatever follows a break adds to what was told. The first byte says between which dialects, and whether it is a request, an answer or a stream.

use dialects::canonical::{Abilities, Losses};
use dialects::translation::{BackMap, Repeats, Rescue, Standing, StreamTranslation, translate_reply};
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
    let plain = || StreamTranslation::new(from, to, back_map(), Voice::default());
    let rescued = || plain().with_rescue(Rescue::default());
    let (whole, whole_rescued) = (translated(&[text], plain()), translated(&[text], rescued()));
    for pieces in cuttings(text) {
        assert_eq!(translated(&pieces, plain()), whole);
        assert_eq!(translated(&pieces, rescued()), whole_rescued);
    }
    for repeats in [Repeats::Nothing, Repeats::All, Repeats::Anew, Repeats::Unknown] {
        broken(text, rescued(), from, repeats);
    }
}

fn translated(pieces: &[&[u8]], mut translation: StreamTranslation) -> (String, bool, bool) {
    let mut out: String = pieces.iter().map(|piece| translation.feed(piece)).collect();
    out.push_str(&translation.end(|_| Usage::default()));
    (out, translation.is_whole(), translation.fault().is_some())
}

/// Breaks in the middle, and is gone on with by a source that says all of it.
fn broken(text: &[u8], mut translation: StreamTranslation, from: Dialect, repeats: Repeats) {
    translation.feed(&text[..text.len() / 2]);
    translation.break_off(|_| Usage::default());
    if !matches!(translation.standing(), Standing::Untold | Standing::Told) {
        return;
    }
    let told = translation.told().to_owned();
    assert_eq!(told.trim_end(), told);
    translation.go_on(from, back_map(), repeats);
    translation.feed(text);
    translation.end(|_| Usage::default());
    assert!(translation.told().starts_with(&told));
    assert!(!translation.has_misfit() || !translation.is_whole());
}
