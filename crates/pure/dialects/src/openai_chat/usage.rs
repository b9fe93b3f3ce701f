//! Tokens as a chat answer tells them: cached and reasoning tokens inside the totals.

use domain::Usage;

use crate::json::writer::ObjectWriter;

pub(super) fn write(o: &mut ObjectWriter<'_>, usage: &Usage) {
    o.object("usage", |o| {
        o.whole("prompt_tokens", usage.input_total());
        o.whole("completion_tokens", usage.output_total());
        o.whole("total_tokens", usage.total());
        o.object("prompt_tokens_details", |o| {
            o.whole("cached_tokens", usage.cached_input);
            o.whole("audio_tokens", usage.audio_input);
            if usage.image_input > 0 {
                o.whole("image_tokens", usage.image_input);
            }
            let written = usage.cache_write.saturating_add(usage.cache_write_long);
            if written > 0 {
                o.whole("cache_write_tokens", written);
            }
        });
        o.object("completion_tokens_details", |o| {
            o.whole("reasoning_tokens", usage.reasoning);
            o.whole("audio_tokens", usage.audio_output);
            if usage.image_output > 0 {
                o.whole("image_tokens", usage.image_output);
            }
        });
    });
}
