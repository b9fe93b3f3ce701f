//! The four forms in which a caller may hand over texts: one, several, one as tokens, several as tokens.

use serde_json::Value;

use crate::text::tokens_in;

/// A text that came as one, or as a list of token numbers.
pub(crate) struct Prompt {
    pub(crate) text: String,
    pub(crate) tokens: usize,
}

/// The texts of a field, if it has one of the forms and no more than so many.
pub(crate) fn prompts(value: &Value, count_max: usize) -> Option<Vec<Prompt>> {
    let prompts: Vec<Prompt> = match value {
        Value::Array(several) if !is_token_list(value) => several.iter().map(one).collect::<Option<_>>()?,
        single => vec![one(single)?],
    };
    (1..=count_max).contains(&prompts.len()).then_some(prompts)
}

fn one(value: &Value) -> Option<Prompt> {
    match value {
        Value::String(text) => Some(Prompt { text: text.clone(), tokens: tokens_in(text) }),
        Value::Array(tokens) if is_token_list(value) => {
            Some(Prompt { text: value.to_string(), tokens: tokens.len() })
        }
        _ => None,
    }
}

fn is_token_list(value: &Value) -> bool {
    value.as_array().is_some_and(|tokens| !tokens.is_empty() && tokens.iter().all(Value::is_u64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::prompts;

    #[test]
    fn all_forms_are_read() {
        let tokens = |value| {
            prompts(&value, 3).map(|prompts| prompts.iter().map(|prompt| prompt.tokens).collect::<Vec<_>>())
        };
        assert_eq!(tokens(json!("hello")), Some(vec![2]));
        assert_eq!(tokens(json!(["hello", "you"])), Some(vec![2, 1]));
        assert_eq!(tokens(json!([1, 2, 3, 4])), Some(vec![4]));
        assert_eq!(tokens(json!([[1, 2], [3]])), Some(vec![2, 1]));
        for wrong in [json!(null), json!([]), json!([null]), json!(7), json!(["a", "b", "c", "d"])] {
            assert_eq!(tokens(wrong), None);
        }
    }
}
