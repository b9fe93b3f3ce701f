//! What a model can do, as it is written in a catalogue and in a configuration. What is left out nobody knows.

use dialects::canonical::{Abilities, CallForce, SchemaSupport, ThinkingForm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a model can do. Whatever is left out is taken to be possible.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Most tokens of prompt and answer together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u64>,
    /// Most tokens it generates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens_max: Option<u64>,
    /// It looks at images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<bool>,
    /// It fetches images from public addresses itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_urls: Option<bool>,
    /// It listens to recordings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<bool>,
    /// It reads documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<bool>,
    /// It calls tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<bool>,
    /// How far calls can be forced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forced_calls: Option<ForcedCalls>,
    /// Calling in parallel can be switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_switch: Option<bool>,
    /// How far the form of an answer can be fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<AnswerForms>,
    /// How it is told to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
    /// Thinking can be switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_stop_thinking: Option<bool>,
    /// Temperature, top-p and top-k can be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling: Option<bool>,
    /// Highest temperature, in thousandths.
    #[schemars(range(max = 10_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_max_milli: Option<u32>,
    /// Temperature and top-p may both be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_with_top_p: Option<bool>,
    /// It goes on from the beginning of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues_answers: Option<bool>,
    /// Most stop texts.
    #[schemars(range(max = 1000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_texts_max: Option<u16>,
    /// Instructions may stand between the turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_instructions: Option<bool>,
}

/// How far calls can be forced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForcedCalls {
    /// Any tool, or one by name.
    Full,
    /// Any tool, not one by name.
    Required,
    /// Not at all.
    None,
}

/// How far the form of an answer can be fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerForms {
    /// By a schema.
    Schema,
    /// Some JSON object.
    Object,
    /// Not at all.
    None,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// By a word for the effort.
    Effort,
    /// By a budget of tokens.
    Budget,
    /// It decides itself, and may be given an effort.
    Adaptive,
    /// It does not think.
    None,
}

impl Facts {
    /// These, and what they leave out as `below` says.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        Self {
            context_tokens: self.context_tokens.or(below.context_tokens),
            output_tokens_max: self.output_tokens_max.or(below.output_tokens_max),
            images: self.images.or(below.images),
            image_urls: self.image_urls.or(below.image_urls),
            audio: self.audio.or(below.audio),
            documents: self.documents.or(below.documents),
            tools: self.tools.or(below.tools),
            forced_calls: self.forced_calls.or(below.forced_calls),
            parallel_switch: self.parallel_switch.or(below.parallel_switch),
            answers: self.answers.or(below.answers),
            thinking: self.thinking.or(below.thinking),
            can_stop_thinking: self.can_stop_thinking.or(below.can_stop_thinking),
            sampling: self.sampling.or(below.sampling),
            temperature_max_milli: self.temperature_max_milli.or(below.temperature_max_milli),
            temperature_with_top_p: self.temperature_with_top_p.or(below.temperature_with_top_p),
            continues_answers: self.continues_answers.or(below.continues_answers),
            stop_texts_max: self.stop_texts_max.or(below.stop_texts_max),
            late_instructions: self.late_instructions.or(below.late_instructions),
        }
    }

    /// As whoever writes a request needs it.
    pub fn abilities(&self) -> Abilities {
        let any = Abilities::default();
        Abilities {
            context_tokens: self.context_tokens,
            output_tokens_max: self.output_tokens_max,
            takes_images: self.images.unwrap_or(any.takes_images),
            fetches_urls: self.image_urls.unwrap_or(any.fetches_urls),
            takes_audio: self.audio.unwrap_or(any.takes_audio),
            takes_documents: self.documents.unwrap_or(any.takes_documents),
            calls_tools: self.tools.unwrap_or(any.calls_tools),
            call_force: self.forced_calls.map_or(any.call_force, ForcedCalls::force),
            has_parallel_switch: self.parallel_switch.unwrap_or(any.has_parallel_switch),
            schema_support: self.answers.map_or(any.schema_support, AnswerForms::support),
            thinking: self.thinking.map_or(any.thinking, Thinking::form),
            can_stop_thinking: self.can_stop_thinking.unwrap_or(any.can_stop_thinking),
            has_sampling: self.sampling.unwrap_or(any.has_sampling),
            temperature_max_milli: self.temperature_max_milli.unwrap_or(any.temperature_max_milli),
            takes_temperature_with_top_p: self
                .temperature_with_top_p
                .unwrap_or(any.takes_temperature_with_top_p),
            continues_answers: self.continues_answers.unwrap_or(any.continues_answers),
            // A host's way, not a model's.
            continuing: any.continuing,
            stop_texts_max: self.stop_texts_max.map_or(any.stop_texts_max, usize::from),
            takes_late_instructions: self.late_instructions.unwrap_or(any.takes_late_instructions),
        }
    }
}

impl ForcedCalls {
    const fn force(self) -> CallForce {
        match self {
            Self::Full => CallForce::Full,
            Self::Required => CallForce::RequiredOnly,
            Self::None => CallForce::None,
        }
    }
}

impl AnswerForms {
    const fn support(self) -> SchemaSupport {
        match self {
            Self::Schema => SchemaSupport::Schema,
            Self::Object => SchemaSupport::ObjectOnly,
            Self::None => SchemaSupport::None,
        }
    }
}

impl Thinking {
    const fn form(self) -> ThinkingForm {
        match self {
            Self::Effort => ThinkingForm::Effort,
            Self::Budget => ThinkingForm::Budget,
            Self::Adaptive => ThinkingForm::Adaptive,
            Self::None => ThinkingForm::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use dialects::canonical::{Abilities, ThinkingForm};

    use super::{Facts, Thinking};

    #[test]
    fn what_nobody_knows_is_possible() {
        assert_eq!(Facts::default().abilities(), Abilities::default());
        let facts = Facts { images: Some(false), thinking: Some(Thinking::Budget), ..Facts::default() };
        let abilities = facts.abilities();
        assert_eq!((abilities.takes_images, abilities.thinking), (false, ThinkingForm::Budget));
        assert!(abilities.takes_audio && abilities.calls_tools);
    }

    #[test]
    fn what_is_left_out_comes_from_below() {
        let below = Facts { images: Some(true), tools: Some(true), ..Facts::default() };
        let above = Facts { images: Some(false), context_tokens: Some(9), ..Facts::default() };
        let both = above.over(&below);
        assert_eq!((both.images, both.context_tokens, both.tools), (Some(false), Some(9), Some(true)));
    }
}
