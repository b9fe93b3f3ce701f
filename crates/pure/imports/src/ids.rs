//! Names for what has no name here yet: providers, and variables for their secrets.

/// Longest id of a provider, with room for a number behind it.
const ID_BYTES_MAX: usize = 56;
/// Longest name of a model.
const MODEL_BYTES_MAX: usize = 256;

/// A text as the id of a provider: letters, digits, dots, dashes and underscores; `None` if nothing is left of it.
pub(crate) fn provider_id(text: &str) -> Option<String> {
    let mut id = String::new();
    for letter in text.chars() {
        let is_plain = letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_');
        if is_plain {
            id.push(letter.to_ascii_lowercase());
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    id.truncate(ID_BYTES_MAX);
    let id = id.trim_end_matches('-');
    (!id.is_empty()).then(|| id.to_owned())
}

/// A text as the name of a variable, behind `lead`.
pub(crate) fn variable(lead: &str, text: &str, tail: &str) -> String {
    let middle = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    format!("{lead}_{}_{tail}", middle.collect::<String>())
}

/// The wanted name, with a number behind it if it is taken.
pub(crate) fn free(wanted: &str, joint: char, is_taken: &dyn Fn(&str) -> bool) -> String {
    if !is_taken(wanted) {
        return wanted.to_owned();
    }
    let mut numbered = (2_u32..).map(|number| format!("{wanted}{joint}{number}"));
    numbered.find(|name| !is_taken(name)).expect("not all numbers are taken")
}

/// Whether a text can be the name of a model here.
pub(crate) fn is_model_name(name: &str) -> bool {
    let is_clean = !name.contains(|c: char| c.is_control() || c.is_whitespace());
    is_clean && !name.is_empty() && name.len() <= MODEL_BYTES_MAX
}

/// Whether a text can be sent as a credential: one word of visible ASCII.
pub(crate) fn is_credential(text: &str) -> bool {
    !text.is_empty() && text.len() <= 16 * 1024 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{free, provider_id, variable};

    #[test]
    fn any_text_becomes_a_name_or_none() {
        assert_eq!(provider_id("My Channel (EU)"), Some("my-channel-eu".to_owned()));
        assert_eq!(provider_id("api.example.com"), Some("api.example.com".to_owned()));
        assert_eq!(provider_id("渠道一"), None);
        assert_eq!(provider_id(&"x".repeat(100)).unwrap().len(), 56);
        assert_eq!(variable("LITELLM", "openai-2", "KEY"), "LITELLM_OPENAI_2_KEY");
        assert_eq!(free("a", '-', &|name| name == "a" || name == "a-2"), "a-3");
    }
}
