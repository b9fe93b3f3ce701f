//! Counting tokens here, where no provider does. The vocabulary is loaded when it is needed first, off the workers; until it
//! is there, and for what is long, a count is extrapolated. Nothing counted here is ever more than an estimate.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tiktoken::CoreBpe;
use tokio::task::spawn_blocking;

/// Of a text, so much is counted on a worker: less than half a millisecond.
const COUNTED_BYTES_MAX: usize = 64 << 10;
/// Bytes of a text that make a token, by and large.
pub(crate) const BYTES_PER_TOKEN: u64 = 4;
const VOCABULARY: &str = "o200k_base";

static ENCODING: OnceLock<&'static CoreBpe> = OnceLock::new();
static IS_LOADING: AtomicBool = AtomicBool::new(false);

/// The tokens of a text, without waiting for anything.
pub(crate) fn tokens_in(text: &str) -> u64 {
    let Some(encoding) = ENCODING.get() else {
        load();
        return (text.len() as u64).div_ceil(BYTES_PER_TOKEN);
    };
    let counted = &text[..text.floor_char_boundary(COUNTED_BYTES_MAX)];
    let tokens = encoding.count(counted) as u64;
    if counted.len() == text.len() { tokens } else { tokens * text.len() as u64 / counted.len() as u64 }
}

/// The tokens of all these texts together, counted to the last byte.
pub(crate) async fn tokens_in_all(texts: Vec<String>) -> u64 {
    let count = move || {
        let encoding = ENCODING.get().copied().or_else(loaded);
        let tokens = |text: &String| match encoding {
            Some(encoding) => encoding.count(text) as u64,
            None => (text.len() as u64).div_ceil(BYTES_PER_TOKEN),
        };
        texts.iter().map(tokens).sum()
    };
    spawn_blocking(count).await.unwrap_or_default()
}

fn load() {
    if !IS_LOADING.swap(true, Ordering::Relaxed) {
        // Nobody waits for it: who counts next finds it there.
        drop(spawn_blocking(loaded));
    }
}

fn loaded() -> Option<&'static CoreBpe> {
    let encoding = tiktoken::get_encoding(VOCABULARY)?;
    Some(ENCODING.get_or_init(|| encoding))
}

#[cfg(test)]
mod tests {
    use super::{COUNTED_BYTES_MAX, tokens_in, tokens_in_all};

    #[tokio::test]
    async fn counts_are_exact_once_the_vocabulary_is_there_and_close_for_long_texts() {
        let text = "hello world, how are you? ".to_owned();
        assert_eq!(tokens_in_all(vec![text.clone(), "hello".to_owned()]).await, 9);
        assert_eq!(tokens_in("hello world"), 2);
        let long = text.repeat(10 * COUNTED_BYTES_MAX / text.len());
        let (whole, guessed) = (tokens_in_all(vec![long.clone()]).await, tokens_in(&long));
        assert!(guessed.abs_diff(whole) < whole / 50, "{guessed} of {whole}");
    }
}
