//! A prompt that does not fit, in numbers: whoever is to shorten it wants to know by how much. Providers mostly say so; where
//! one does not, what is known here is told.

use domain::{Failure, Kind};

/// A number of so many digits says how many tokens; a shorter one may be a status.
const DIGITS_MIN: usize = 4;

/// Adds what is known here to a failure that tells no numbers of its own.
pub(super) fn tell_numbers(failure: &mut Failure, prompt_tokens: u64, context_tokens: Option<u64>) {
    if failure.kind != Kind::ContextTooLong || has_numbers(&failure.message) {
        return;
    }
    failure.message.push_str(&format!(" (the prompt has about {prompt_tokens} tokens"));
    if let Some(most) = context_tokens {
        failure.message.push_str(&format!(", and the model takes {most} with its answer"));
    }
    failure.message.push(')');
}

fn has_numbers(message: &str) -> bool {
    let is_of_number = |c: char| c.is_ascii_digit() || c == ',';
    let mut words = message.split(|c: char| !is_of_number(c));
    words.any(|word| word.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN)
}

#[cfg(test)]
mod tests {
    use domain::{Failure, Kind};

    use super::tell_numbers;

    fn told(kind: Kind, message: &str, context_tokens: Option<u64>) -> String {
        let mut failure = Failure::new(kind, message);
        tell_numbers(&mut failure, 9000, context_tokens);
        failure.message
    }

    #[test]
    fn what_a_provider_does_not_tell_in_numbers_is_told_here() {
        let known = told(Kind::ContextTooLong, "acme answered 400", Some(8192));
        assert_eq!(
            known,
            "acme answered 400 (the prompt has about 9000 tokens, and the model takes 8192 with its answer)"
        );
        let unknown = told(Kind::ContextTooLong, "acme: too long", None);
        assert_eq!(unknown, "acme: too long (the prompt has about 9000 tokens)");
    }

    #[test]
    fn a_providers_own_numbers_are_enough() {
        for message in ["acme: 210000 tokens > 200000 maximum", "acme: at most 8,192 tokens"] {
            assert_eq!(told(Kind::ContextTooLong, message, Some(1)), message);
        }
        assert_eq!(told(Kind::BadRequest, "acme: no", Some(1)), "acme: no");
    }
}
