//! How vendors' own keys begin, to tell whose key was sent to us by mistake. It words an answer and decides nothing.

/// Beginnings of keys and whose they are. The first that fits counts, so longer ones stand before shorter ones.
pub const KEY_LOOKALIKES: &[(&str, &str)] = &[
    ("sk-ant-", "Anthropic"),
    ("sk-or-", "OpenRouter"),
    ("sk-proj-", "OpenAI"),
    ("sk-svcacct-", "OpenAI"),
    ("AIza", "Google"),
    ("gsk_", "Groq"),
    ("xai-", "xAI"),
    ("sk-", "OpenAI or a compatible provider"),
];

#[cfg(test)]
mod tests {
    use super::KEY_LOOKALIKES;

    #[test]
    fn every_row_can_be_reached() {
        for (row, (start, owner)) in KEY_LOOKALIKES.iter().enumerate() {
            let first = KEY_LOOKALIKES.iter().position(|(other, _)| start.starts_with(other));
            assert_eq!(first, Some(row), "{start} of {owner} is hidden by a row above it");
        }
    }
}
