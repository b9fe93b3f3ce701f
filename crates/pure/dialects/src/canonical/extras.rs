//! Fields of a request that have no place in the canonical form: a dialect writes its own again, and those of another are
//! lost.

use super::flaw::Flaw;
use super::loss::{Feature, Losses};
use super::prompt::{Extra, Prompt};
use crate::Dialect;

impl Prompt {
    /// The fields that only this dialect knows; those of another are lost.
    pub fn extras_of(&self, dialect: Dialect, losses: &mut Losses) -> Result<Vec<&Extra>, Flaw> {
        let mut own = Vec::new();
        for extra in &self.extras {
            if extra.dialect == dialect {
                own.push(extra);
                continue;
            }
            let feature = match extra.name.as_str() {
                "previous_response_id" | "conversation" => Feature::State,
                "background" if extra.json == "false" => continue,
                "background" => Feature::Background,
                _ => Feature::UnknownField,
            };
            losses.lose(feature, &extra.name)?;
        }
        Ok(own)
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect;
    use crate::canonical::{Extra, Losses, Prompt};

    fn prompt(dialect: Dialect, name: &str, json: &str) -> Prompt {
        let extras = vec![Extra { dialect, name: name.to_owned(), json: json.to_owned() }];
        Prompt { extras, ..Prompt::default() }
    }

    #[test]
    fn own_fields_are_kept_and_those_of_another_are_lost_by_what_they_mean() {
        let check = |name: &str, json: &str, expected: Result<&[&str], &str>| {
            let prompt = prompt(Dialect::OpenAiResponses, name, json);
            let mut losses = Losses::new(false);
            assert_eq!(prompt.extras_of(Dialect::OpenAiResponses, &mut losses).unwrap(), [&prompt.extras[0]]);
            match (prompt.extras_of(Dialect::OpenAiChat, &mut losses), expected) {
                (Ok(own), Ok(warnings)) => {
                    assert!(own.is_empty());
                    assert_eq!(losses.warnings(), warnings, "{name}");
                }
                (Err(flaw), Err(code)) => assert!(flaw.message.contains(code), "{flaw:?}"),
                (found, expected) => panic!("{name}: {found:?} instead of {expected:?}"),
            }
        };
        check("truncation", "\"auto\"", Ok(&["field_dropped"]));
        check("background", "false", Ok(&[]));
        check("background", "true", Err("background_unsupported"));
        check("conversation", "\"c\"", Err("stored_state_unsupported"));
        check("previous_response_id", "\"r\"", Err("stored_state_unsupported"));
    }
}
