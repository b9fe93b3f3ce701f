//! Quirks as they are written: in the catalogue for a vendor, and in a configuration for an operator's own provider.

use std::borrow::Cow;
use std::collections::BTreeMap;

use dialects::canonical::{Continuing, Effort, SchemaSupport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Quirk, Quirks, ReasoningForm, Replay, SpeakerNames, ToolChoices, Word};

/// How a host's chat requests differ from those of the dialect. Nothing that is left out differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deviations {
    /// The name under which it takes the cap on output: `max_tokens` or `max_completion_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_field: Option<CapName>,
    /// Fields that it refuses or ignores: they are left out, and the caller is told of what that changes.
    #[schemars(length(max = 100))]
    #[serde(skip_serializing_if = "Option::is_none")]
    drop: Option<Vec<String>>,
    /// Fields that the catalogue says to drop and that this provider takes after all.
    #[schemars(length(max = 100))]
    #[serde(skip_serializing_if = "Option::is_none")]
    keep: Option<Vec<String>>,
    /// Fields under another name: the dialect's name, then its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    rename: Option<BTreeMap<String, String>>,
    /// Its highest temperature, a decimal number in quotes: a higher one is lowered.
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature_max: Option<String>,
    /// What it takes for a temperature of zero, a decimal number in quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature_zero: Option<String>,
    /// It knows no role `developer`: such messages are sent as `system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_developer: Option<bool>,
    /// The kinds of `tool_choice` it takes beside `auto`.
    #[schemars(length(max = 3))]
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choices: Option<Vec<ToolChoiceName>>,
    /// How far it can fix the form of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<AnswersName>,
    /// It takes ids of calls of exactly nine letters and digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    nine_char_ids: Option<bool>,
    /// Where it takes `name` in messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    speaker_names: Option<SpeakerNames>,
    /// It refuses `strict` of tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_strict: Option<bool>,
    /// Annotations that it refuses in schemas of tools.
    #[schemars(length(max = 20))]
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_drop: Option<Vec<String>>,
    /// It wants text in several parts as one text.
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_text: Option<bool>,
    /// It refuses messages of the model that are empty beside their calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_empty_content: Option<bool>,
    /// It refuses members of messages that are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_null_members: Option<bool>,
    /// How it is told how hard to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<ReasoningForm>,
    /// The efforts it knows; others become the nearest one.
    #[schemars(length(min = 1, max = 7))]
    #[serde(skip_serializing_if = "Option::is_none")]
    efforts: Option<Vec<EffortName>>,
    /// How it takes thoughts back.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Replay>,
    /// The user and the model must take turns, the user first.
    #[serde(skip_serializing_if = "Option::is_none")]
    alternation: Option<bool>,
    /// It counts what was thought in the total of tokens alone: what the total holds beyond prompt and answer is thoughts.
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden_thoughts: Option<bool>,
    /// How it is told that the last message is the beginning of the answer, to be gone on from. Without it nobody asks it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    continues: Option<ContinuesName>,
}

/// The names of the cap on output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CapName {
    MaxTokens,
    MaxCompletionTokens,
}

/// A kind of `tool_choice`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ToolChoiceName {
    /// No tool is called.
    None,
    /// Some tool is called.
    Required,
    /// One tool is called.
    Named,
}

/// How far the form of an answer can be fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AnswersName {
    /// By a schema.
    Schema,
    /// Some JSON object.
    Object,
    /// Not at all.
    None,
}

/// How a host is told to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ContinuesName {
    /// By nothing: a message of the assistant at the end is enough.
    Bare,
    /// By `"prefix": true` in the message.
    Prefix,
    /// By `"partial": true` in the message.
    Partial,
    /// By `continue_final_message` beside the messages, and `add_generation_prompt` off.
    FinalMessage,
}

/// How hard to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum EffortName {
    None,
    Minimal,
    Low,
    Medium,
    High,
    XHigh,
    Max,
}

impl Deviations {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is written wrong, by the key it stands under.
    pub fn flaws(&self) -> Vec<(&'static str, &str, &'static str)> {
        let numbers =
            [("temperature_max", &self.temperature_max), ("temperature_zero", &self.temperature_zero)];
        let is_number =
            |text: &str| text.parse::<f64>().is_ok_and(|number| number.is_finite() && number >= 0.0);
        let of_numbers = numbers.into_iter().filter_map(|(key, text)| {
            let text = text.as_deref().filter(|text| !is_number(text))?;
            Some((key, text, "must be a decimal number"))
        });
        let needed = |name: &&String| ["model", "messages", "stream"].contains(&name.as_str());
        let dropped = self.drop.iter().flatten().filter(needed);
        let renamed = self.rename.iter().flat_map(BTreeMap::keys).filter(needed);
        let of_fields = dropped
            .map(|name| ("drop", name.as_str(), "no request is one without it"))
            .chain(renamed.map(|name| ("rename", name.as_str(), "every host knows it by this name")));
        of_numbers.chain(of_fields).collect()
    }

    /// The quirks of a host, changed by what is written here.
    #[must_use]
    pub fn over(&self, quirks: &Quirks) -> Quirks {
        let kept = |field: &str| self.keep.iter().flatten().any(|kept| kept == field);
        let stays = |quirk: &&Quirk| match quirk {
            Quirk::Drop(field) => !kept(field),
            _ => self.switch_of(quirk) != Some(false),
        };
        let left = Quirks::new(quirks.iter().filter(stays).cloned());
        left.overridden(self.quirks())
    }

    /// What is said of a quirk that is there or not.
    fn switch_of(&self, quirk: &Quirk) -> Option<bool> {
        match quirk {
            Quirk::NoDeveloper => self.no_developer,
            Quirk::NineAlphanumerics => self.nine_char_ids,
            Quirk::NoStrict => self.no_strict,
            Quirk::JoinedText => self.joined_text,
            Quirk::NoEmptyContent => self.no_empty_content,
            Quirk::NoNullMembers => self.no_null_members,
            Quirk::Alternation => self.alternation,
            Quirk::HiddenThoughts => self.hidden_thoughts,
            _ => None,
        }
    }

    fn quirks(&self) -> Vec<Quirk> {
        let switches = [
            Quirk::NoDeveloper,
            Quirk::NineAlphanumerics,
            Quirk::NoStrict,
            Quirk::JoinedText,
            Quirk::NoEmptyContent,
            Quirk::NoNullMembers,
            Quirk::Alternation,
            Quirk::HiddenThoughts,
        ];
        let mut quirks: Vec<Quirk> =
            switches.into_iter().filter(|quirk| self.switch_of(quirk) == Some(true)).collect();
        let word = |text: &String| Word::from(text.clone());
        quirks.extend(self.drop.iter().flatten().map(|field| Quirk::Drop(word(field))));
        quirks.extend(self.schema_drop.iter().flatten().map(|name| Quirk::SchemaDrop(word(name))));
        quirks.extend(self.rename.iter().flatten().map(|(from, to)| Quirk::Rename(word(from), word(to))));
        quirks.extend(self.max_field.map(|name| Quirk::CapField(name.text().into())));
        quirks.extend(self.temperature_max.as_ref().map(|text| Quirk::TemperatureMax(word(text))));
        quirks.extend(self.temperature_zero.as_ref().map(|text| Quirk::TemperatureZero(word(text))));
        quirks.extend(self.tool_choices.as_deref().map(choices));
        quirks.extend(self.answers.map(|answers| Quirk::Answers(answers.support())));
        quirks.extend(self.speaker_names.map(Quirk::SpeakerNames));
        quirks.extend(self.reasoning.map(Quirk::Reasoning));
        quirks.extend(self.efforts.as_deref().map(efforts));
        quirks.extend(self.replay.map(Quirk::Replay));
        quirks.extend(self.continues.map(|name| Quirk::Continues(name.continuing())));
        quirks
    }
}

fn choices(names: &[ToolChoiceName]) -> Quirk {
    let takes = |name| names.contains(&name);
    Quirk::ToolChoices(ToolChoices {
        none: takes(ToolChoiceName::None),
        required: takes(ToolChoiceName::Required),
        named: takes(ToolChoiceName::Named),
    })
}

fn efforts(names: &[EffortName]) -> Quirk {
    Quirk::Efforts(Cow::Owned(names.iter().map(|name| name.effort()).collect()))
}

impl CapName {
    const fn text(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

impl AnswersName {
    const fn support(self) -> SchemaSupport {
        match self {
            Self::Schema => SchemaSupport::Schema,
            Self::Object => SchemaSupport::ObjectOnly,
            Self::None => SchemaSupport::None,
        }
    }
}

impl ContinuesName {
    const fn continuing(self) -> Continuing {
        match self {
            Self::Bare => Continuing::Bare,
            Self::Prefix => Continuing::Flag("prefix"),
            Self::Partial => Continuing::Flag("partial"),
            Self::FinalMessage => Continuing::FinalMessage,
        }
    }
}

impl EffortName {
    const fn effort(self) -> Effort {
        match self {
            Self::None => Effort::None,
            Self::Minimal => Effort::Minimal,
            Self::Low => Effort::Low,
            Self::Medium => Effort::Medium,
            Self::High => Effort::High,
            Self::XHigh => Effort::XHigh,
            Self::Max => Effort::Max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Deviations;
    use crate::quirk::{Quirk, Quirks};

    fn read(text: &str) -> Deviations {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn an_operator_adds_takes_back_and_replaces() {
        let vendor = read(
            "drop = ['seed', 'n']\nno_developer = true\nno_strict = true\nmax_field = 'max_tokens'\nrename = { top_k = 'k' }",
        );
        let quirks = vendor.over(&Quirks::default());
        assert_eq!(quirks.iter().count(), 6);
        let own = read(
            "keep = ['n']\ndrop = ['user', 'top_k']\nno_strict = false\nmax_field = 'max_completion_tokens'",
        );
        let expected = Quirks::new([
            Quirk::NoDeveloper,
            Quirk::Drop("seed".into()),
            Quirk::Drop("user".into()),
            Quirk::Drop("top_k".into()),
            Quirk::CapField("max_completion_tokens".into()),
        ]);
        let changed = own.over(&quirks);
        assert_eq!(changed.iter().count(), expected.iter().count());
        assert!(expected.iter().all(|quirk| changed.iter().any(|known| known == quirk)), "{changed:?}");
        assert!(Deviations::default().is_empty() && Deviations::default().over(&quirks) == quirks);
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let flaws = |text| read(text).flaws().into_iter().map(|(key, ..)| key).collect::<Vec<_>>();
        assert_eq!(flaws("temperature_max = '1.5'\ndrop = ['seed']"), [""; 0]);
        assert_eq!(
            flaws("temperature_max = 'one'\ntemperature_zero = '-1'"),
            ["temperature_max", "temperature_zero"]
        );
        assert_eq!(flaws("drop = ['model']\nrename = { messages = 'turns' }"), ["drop", "rename"]);
        assert!(toml::from_str::<Deviations>("reasoning = 'hard'").is_err());
    }
}
