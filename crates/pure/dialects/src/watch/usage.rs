//! The `usage` of the chat dialect, as all its hosts write it: cached and reasoning tokens usually stand inside the totals,
//! and apart in ours. What stands outside is found by the total; what the total holds beyond that is told apart, for only the
//! host's own ways say what it is.

use domain::Usage;

use super::numbers::{Value, each_member, parts_of};

/// What is told, each under the names that hosts have for it.
#[derive(Default)]
struct Told {
    prompt: Option<u64>,
    completion: Option<u64>,
    total: Option<u64>,
    cached: u64,
    uncached: Option<u64>,
    written: u64,
    reasoning: u64,
    audio_in: u64,
    audio_out: u64,
    image_in: u64,
    image_out: u64,
    searches: u64,
}

/// Reads a `usage` object. One without its core counts is none.
pub(crate) fn parse_usage(text: &[u8]) -> Option<Usage> {
    let mut told = Told::default();
    let mut is_of_answer = false;
    each_member(text, |name, value| match (name, value) {
        (b"prompt_tokens_details" | b"input_tokens_details", Value::Object) => is_of_answer = false,
        (b"completion_tokens_details" | b"output_tokens_details", Value::Object) => is_of_answer = true,
        (name, Value::Number(number)) => told.note(name, number, is_of_answer),
        _ => {}
    });
    told.usage()
}

impl Told {
    fn note(&mut self, name: &[u8], number: u64, is_of_answer: bool) {
        match name {
            b"prompt_tokens" => self.prompt = Some(number),
            b"completion_tokens" => self.completion = Some(number),
            b"total_tokens" => self.total = Some(number),
            // Some tell it twice, in two places.
            b"cached_tokens" | b"prompt_cache_hit_tokens" => self.cached = self.cached.max(number),
            b"prompt_cache_miss_tokens" => self.uncached = Some(number),
            b"cache_write_tokens" | b"cache_creation_input_tokens" | b"cache_creation_tokens" => {
                self.written = self.written.max(number);
            }
            b"reasoning_tokens" => self.reasoning = self.reasoning.max(number),
            b"audio_tokens" if is_of_answer => self.audio_out = number,
            b"audio_tokens" => self.audio_in = number,
            b"image_tokens" if is_of_answer => self.image_out = number,
            b"image_tokens" => self.image_in = number,
            // Hosts that search by themselves tell how often, or how many pages they paid for.
            b"num_search_queries" | b"num_sources_used" => self.searches = self.searches.max(number),
            _ => {}
        }
    }

    fn usage(&self) -> Option<Usage> {
        let told_apart = self.uncached.map(|uncached| uncached.saturating_add(self.cached));
        let prompt = self.prompt.or(told_apart);
        if prompt.is_none() && self.completion.is_none() {
            return None;
        }
        let (prompt, completion) = (prompt.unwrap_or(0), self.completion.unwrap_or(0));
        let cache = self.cached.saturating_add(self.written);
        let outside = self.total.unwrap_or(0).saturating_sub(prompt.saturating_add(completion));
        let is_cache_outside = cache > prompt || (outside > 0 && outside == cache);
        let is_reasoning_outside =
            self.reasoning > completion || (outside > 0 && outside == self.reasoning && !is_cache_outside);
        let explained =
            u64::from(is_cache_outside) * cache + u64::from(is_reasoning_outside) * self.reasoning;
        let uncached = if is_cache_outside { prompt } else { prompt - cache };
        let visible = if is_reasoning_outside { completion } else { completion - self.reasoning };
        let (audio_input, image_input) = parts_of(uncached, self.audio_in, self.image_in);
        let (audio_output, image_output) = parts_of(visible, self.audio_out, self.image_out);
        Some(Usage {
            input: uncached - audio_input - image_input,
            cached_input: self.cached,
            cache_write: self.written,
            audio_input,
            image_input,
            output: visible - audio_output - image_output,
            reasoning: self.reasoning,
            audio_output,
            image_output,
            searches: u32::try_from(self.searches).unwrap_or(u32::MAX),
            unexplained: outside.saturating_sub(explained),
            ..Usage::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::parse_usage;

    fn usage(text: &str) -> Option<Usage> {
        parse_usage(text.as_bytes())
    }

    #[test]
    fn numbers_are_found_between_other_things() {
        let expected = Some(Usage { input: 1, output: 2, ..Usage::default() });
        assert_eq!(
            usage(r#"{ "prompt_tokens" : 1 , "note":"\"prompt_tokens\": 9", "completion_tokens":2}"#),
            expected
        );
        assert_eq!(
            usage(r#"{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":null,"cost":0.5}"#),
            expected
        );
        assert_eq!(usage(r#"{"prompt_tokens":null}"#), None);
        assert_eq!(usage(r#"{"total_tokens":7}"#), None);
        assert_eq!(usage(r#"{"prompt_tokens":99999999999999999999,"completion_tokens":"x"}"#), None);
        assert_eq!(usage(r#"{"prompt_tokens":0,"completion_tokens":0}"#), Some(Usage::default()));
    }

    /// One case for each way in which a host differs.
    #[test]
    fn every_part_is_told_once_whoever_counts() {
        let check =
            |text: &str, input: u64, cached_input: u64, cache_write: u64, output: u64, reasoning: u64| {
                let expected =
                    Usage { input, cached_input, cache_write, output, reasoning, ..Usage::default() };
                assert_eq!(usage(text), Some(expected), "{text}");
            };
        let inside = r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":40,"cache_write_tokens":10},"completion_tokens_details":{"reasoning_tokens":20}}"#;
        check(inside, 50, 40, 10, 30, 20);
        let by_hits = r#"{"prompt_tokens":100,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36,"completion_tokens":5}"#;
        check(by_hits, 36, 64, 0, 5, 0);
        check(
            r#"{"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36,"completion_tokens":5}"#,
            36,
            64,
            0,
            5,
            0,
        );
        let at_the_top =
            r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"cached_tokens":30}"#;
        check(at_the_top, 70, 30, 0, 5, 0);
        let reasoning_outside = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}"#;
        check(reasoning_outside, 10, 0, 0, 5, 100);
        let less_outside = r#"{"prompt_tokens":10,"completion_tokens":50,"total_tokens":80,"completion_tokens_details":{"reasoning_tokens":20}}"#;
        check(less_outside, 10, 0, 0, 50, 20);
        let cache_outside =
            r#"{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":90}}"#;
        check(cache_outside, 10, 90, 0, 5, 0);
        let created = r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":0,"cache_creation_input_tokens":90,"cache_type":"ephemeral"}}"#;
        check(created, 10, 0, 90, 5, 0);
        check(
            r#"{"prompt_tokens":8,"completion_tokens":12,"total_tokens":20,"reasoning_tokens":4}"#,
            8,
            0,
            0,
            8,
            4,
        );
    }

    /// The first is an answer of Gemini's compatible endpoint as its users tell of it
    /// (discuss.ai.google.dev/t/question-with-usage-in-openai-compatibility/98760).
    #[test]
    fn what_no_part_explains_is_told_apart_and_billed_only_where_it_is_known_to_be_thought() {
        let check = |text: &str, unexplained: u64, input: u64, cached_input: u64, output: u64| {
            let expected = Usage { input, cached_input, output, unexplained, ..Usage::default() };
            assert_eq!(usage(text), Some(expected), "{text}");
            let thought = Usage { reasoning: unexplained, unexplained: 0, ..expected };
            assert_eq!(usage(text).map(Usage::with_hidden_thoughts), Some(thought), "{text}");
        };
        check(r#"{"completion_tokens":102,"prompt_tokens":758,"total_tokens":1725}"#, 865, 758, 0, 102);
        check(
            r#"{"completion_tokens":102,"prompt_tokens":758,"total_tokens":1725,"prompt_tokens_details":{"cached_tokens":512}}"#,
            865,
            246,
            512,
            102,
        );
        // Where the cache, or a thought that has a name, makes the difference, there is none left to bill.
        check(
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":105,"prompt_tokens_details":{"cached_tokens":90}}"#,
            0,
            10,
            90,
            5,
        );
        let named = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}"#;
        assert_eq!(usage(named).map(|usage| (usage.reasoning, usage.unexplained)), Some((100, 0)));
    }

    #[test]
    fn speech_is_apart_on_both_sides() {
        let text = r#"{"prompt_tokens":30,"completion_tokens":20,"total_tokens":50,"completion_tokens_details":{"audio_tokens":15},"prompt_tokens_details":{"audio_tokens":10,"cached_tokens":5}}"#;
        let expected = Usage {
            input: 15,
            cached_input: 5,
            audio_input: 10,
            output: 5,
            audio_output: 15,
            ..Usage::default()
        };
        assert_eq!(usage(text), Some(expected));
    }

    #[test]
    fn pictures_are_apart_on_both_sides_and_searches_are_counted() {
        let text = r#"{"prompt_tokens":300,"completion_tokens":1300,"total_tokens":1600,"completion_tokens_details":{"image_tokens":1290,"reasoning_tokens":0},"prompt_tokens_details":{"text_tokens":42,"image_tokens":258}}"#;
        let expected =
            Usage { input: 42, image_input: 258, output: 10, image_output: 1290, ..Usage::default() };
        assert_eq!(usage(text), Some(expected));
        let text = r#"{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10,"search_context_size":"low","num_search_queries":3}"#;
        assert_eq!(usage(text), Some(Usage { input: 8, output: 2, searches: 3, ..Usage::default() }));
        // Nothing is told that the whole does not hold.
        let text = r#"{"prompt_tokens":5,"completion_tokens":0,"prompt_tokens_details":{"audio_tokens":4,"image_tokens":9}}"#;
        assert_eq!(usage(text), Some(Usage { audio_input: 4, image_input: 1, ..Usage::default() }));
    }
}
