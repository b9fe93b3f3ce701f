//! What could not be carried to a target, and what is done about it. One table; no dialect decides by itself.

use super::flaw::Flaw;

/// What is done about a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// It changes nothing that anybody would notice: only counted.
    Drop,
    /// The caller is told.
    Warn,
    /// The request is refused.
    Refuse,
}

/// Something that a target may not be able to express.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// Randomness made repeatable.
    Seed,
    /// `presence_penalty`, `frequency_penalty`.
    Penalties,
    /// `logit_bias`.
    LogitBias,
    /// `logprobs`, `top_logprobs`.
    Logprobs,
    /// More than one answer.
    Choices,
    /// Stop texts at a target that knows none: the answer is cut here.
    Stop,
    /// More stop texts than the target takes: the answer is cut here.
    StopCount,
    /// A temperature out of the target's range: clamped.
    TemperatureRange,
    /// Temperature, top-p or top-k where the model forbids them, or forbids two of them together.
    Sampling,
    /// `top_k`.
    TopK,
    /// The cap on output is above the model's own: clamped.
    OutputCap,
    /// The end user's name.
    User,
    /// The caller's notes.
    Metadata,
    /// The service tier.
    ServiceTier,
    /// Verbosity.
    Verbosity,
    /// Keeping the answer at the provider.
    Store,
    /// The key that groups cached prompts.
    CacheKey,
    /// Cache marks.
    CacheMarks,
    /// More cache marks than the target takes, or long-lived ones behind others: the last ones count, for as long as they can.
    CacheMarkCount,
    /// An effort or budget put into the target's own form.
    ThinkingForm,
    /// Thinking cannot be switched off, or not be had.
    ThinkingWish,
    /// A thought of another provider or model: it cannot be given back.
    SealedThought,
    /// A thought without a seal, where the target wants one.
    UnsealedThought,
    /// A forced call degraded to a free one.
    ForcedCall,
    /// A set of allowed tools told as a filtered list.
    AllowedTools,
    /// Calls in parallel cannot be switched off.
    ParallelSwitch,
    /// `strict` of a tool.
    StrictTool,
    /// A custom tool told as a function with one text.
    CustomTool,
    /// A tool that a provider runs itself, and that must be called.
    BuiltInTool,
    /// A tool that a provider runs itself, and that is merely offered.
    OfferedTool,
    /// Tools, at a model that calls none.
    Tools,
    /// A tool's name made legal.
    ToolName,
    /// Parts of a tool's schema that the target does not take.
    ToolSchema,
    /// A schema for the answer told in words, or as a tool.
    JsonSchema,
    /// A JSON object asked for in words.
    JsonObject,
    /// An image.
    Image,
    /// A recording.
    Audio,
    /// A document.
    Document,
    /// A film.
    Video,
    /// A file kept at another provider.
    FileId,
    /// How closely to look at an image.
    ImageDetail,
    /// An image in a tool's answer, told in a message behind it.
    OutcomeMedia,
    /// A call nobody answered: an error is put in its place.
    MissingOutcome,
    /// An answer to a call nobody made: told as text.
    OrphanOutcome,
    /// A tool's failure told in words only.
    OutcomeError,
    /// Arguments that are no JSON object: wrapped.
    BadArguments,
    /// A speaker's own name.
    SpeakerName,
    /// Instructions between the turns told as the user's words.
    LateInstructions,
    /// A conversation with no user in it: a dot is said for him.
    NoUser,
    /// The beginning of an answer, to be gone on from.
    ContinueLast,
    /// Citations in the conversation so far.
    Citations,
    /// A refusal in the conversation so far, told as text.
    Refusal,
    /// Answers kept at the provider: `previous_response_id`, `conversation`, `item_reference`.
    State,
    /// An answer made in the background.
    Background,
    /// A field of the caller's dialect that has no counterpart.
    UnknownField,
    /// A part of a message whose kind nobody knows.
    UnknownPart,
    /// The provider paused; told as an end.
    Pause,
    /// A reason for the end that nobody knows; told as an end.
    UnknownFinish,
}

impl Feature {
    /// Every feature, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// The short code that callers read in `x-bellwether-warnings`.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// What is done about its loss.
    pub fn policy(self, is_strict: bool) -> Policy {
        let row = self.row();
        if is_strict { row.3 } else { row.2 }
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.0 == self).expect("a test finds every feature in the table")
    }
}

/// Feature, code, policy, policy when the caller or his key is strict.
type Row = (Feature, &'static str, Policy, Policy);

const TABLE: &[Row] = {
    use Policy::{Drop, Refuse, Warn};
    &[
        (Feature::Seed, "seed_dropped", Warn, Refuse),
        (Feature::Penalties, "penalties_dropped", Warn, Refuse),
        (Feature::LogitBias, "logit_bias_dropped", Warn, Refuse),
        (Feature::Logprobs, "logprobs_unsupported", Refuse, Refuse),
        (Feature::Choices, "n_unsupported", Refuse, Refuse),
        (Feature::Stop, "stop_emulated", Warn, Warn),
        (Feature::StopCount, "stop_emulated", Warn, Refuse),
        (Feature::TemperatureRange, "temperature_clamped", Warn, Refuse),
        (Feature::Sampling, "sampling_dropped", Warn, Refuse),
        (Feature::TopK, "top_k_dropped", Warn, Refuse),
        (Feature::OutputCap, "max_tokens_clamped", Warn, Refuse),
        (Feature::User, "user_dropped", Warn, Refuse),
        (Feature::Metadata, "metadata_dropped", Warn, Refuse),
        (Feature::ServiceTier, "service_tier_dropped", Warn, Refuse),
        (Feature::Verbosity, "verbosity_dropped", Warn, Refuse),
        (Feature::Store, "store_dropped", Drop, Warn),
        (Feature::CacheKey, "cache_key_dropped", Drop, Drop),
        (Feature::CacheMarks, "cache_marks_dropped", Drop, Drop),
        (Feature::CacheMarkCount, "cache_marks_reduced", Warn, Warn),
        (Feature::ThinkingForm, "thinking_mapped", Drop, Warn),
        (Feature::ThinkingWish, "thinking_unsupported", Warn, Refuse),
        (Feature::SealedThought, "signed_reasoning_dropped", Warn, Warn),
        (Feature::UnsealedThought, "reasoning_dropped", Drop, Warn),
        (Feature::ForcedCall, "tool_choice_degraded", Warn, Refuse),
        (Feature::AllowedTools, "allowed_tools_filtered", Warn, Refuse),
        (Feature::ParallelSwitch, "parallel_switch_dropped", Warn, Refuse),
        (Feature::StrictTool, "strict_dropped", Warn, Refuse),
        (Feature::CustomTool, "custom_tool_wrapped", Warn, Refuse),
        (Feature::BuiltInTool, "built_in_tool_unsupported", Refuse, Refuse),
        (Feature::OfferedTool, "built_in_tool_dropped", Warn, Refuse),
        (Feature::Tools, "tools_unsupported", Refuse, Refuse),
        (Feature::ToolName, "tool_name_mapped", Drop, Warn),
        (Feature::ToolSchema, "tool_schema_reduced", Warn, Refuse),
        (Feature::JsonSchema, "json_schema_emulated", Warn, Refuse),
        (Feature::JsonObject, "json_object_emulated", Warn, Refuse),
        (Feature::Image, "image_unsupported", Refuse, Refuse),
        (Feature::Audio, "audio_unsupported", Refuse, Refuse),
        (Feature::Document, "document_unsupported", Refuse, Refuse),
        (Feature::Video, "video_unsupported", Refuse, Refuse),
        (Feature::FileId, "file_id_unsupported", Refuse, Refuse),
        (Feature::ImageDetail, "image_detail_dropped", Drop, Warn),
        (Feature::OutcomeMedia, "tool_result_image_moved", Warn, Refuse),
        (Feature::MissingOutcome, "tool_result_missing", Warn, Refuse),
        (Feature::OrphanOutcome, "tool_result_orphan", Warn, Refuse),
        (Feature::OutcomeError, "tool_error_as_text", Drop, Warn),
        (Feature::BadArguments, "tool_arguments_wrapped", Warn, Refuse),
        (Feature::SpeakerName, "name_dropped", Warn, Refuse),
        (Feature::LateInstructions, "system_moved", Warn, Refuse),
        (Feature::NoUser, "user_turn_added", Warn, Refuse),
        (Feature::ContinueLast, "prefill_unsupported", Refuse, Refuse),
        (Feature::Citations, "citations_dropped", Drop, Warn),
        (Feature::Refusal, "refusal_as_text", Drop, Warn),
        (Feature::State, "stored_state_unsupported", Refuse, Refuse),
        (Feature::Background, "background_unsupported", Refuse, Refuse),
        (Feature::UnknownField, "field_dropped", Warn, Refuse),
        (Feature::UnknownPart, "content_part_unsupported", Refuse, Refuse),
        (Feature::Pause, "pause_as_stop", Warn, Warn),
        (Feature::UnknownFinish, "finish_reason_unknown", Warn, Warn),
    ]
};

/// One loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What was lost.
    pub feature: Feature,
    /// Where in the request it stood.
    pub path: String,
}

/// The losses of one translation, and how strictly they are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    is_strict: bool,
    told: Vec<Loss>,
}

/// So many are kept; more tell nothing new.
const LOSSES_MAX: usize = 64;

impl Losses {
    /// None yet. Strict turns warnings into refusals.
    pub fn new(is_strict: bool) -> Self {
        Self { is_strict, told: Vec::new() }
    }

    /// Notes that something cannot be carried, or refuses the request where that must not happen.
    pub fn lose(&mut self, feature: Feature, path: &str) -> Result<(), Flaw> {
        let what = if path.is_empty() { "this request".to_owned() } else { format!("'{path}'") };
        self.lose_saying(feature, path, &what)
    }

    /// The same, with words of its own for what is refused.
    pub fn lose_saying(&mut self, feature: Feature, path: &str, what: &str) -> Result<(), Flaw> {
        if feature.policy(self.is_strict) == Policy::Refuse {
            let message =
                format!("{what} cannot be carried to the provider of this model ({})", feature.code());
            return Err(Flaw::of_target(path, message));
        }
        let loss = Loss { feature, path: path.to_owned() };
        if self.told.len() < LOSSES_MAX && !self.told.contains(&loss) {
            self.told.push(loss);
        }
        Ok(())
    }

    /// What was lost so far.
    pub fn told(&self) -> &[Loss] {
        &self.told
    }

    /// The codes a caller is to be told, each once, in the order of the table.
    pub fn warnings(&self) -> Vec<&'static str> {
        let warns = |feature: &Feature| feature.policy(self.is_strict) == Policy::Warn;
        let mut features: Vec<Feature> = self.told.iter().map(|loss| loss.feature).filter(warns).collect();
        features.sort_unstable();
        let mut codes: Vec<_> = features.into_iter().map(Feature::code).collect();
        codes.dedup();
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::{Feature, Losses};

    #[test]
    fn what_warns_is_told_once_and_strictness_refuses_it() {
        let mut losses = Losses::new(false);
        losses.lose(Feature::User, "user").unwrap();
        losses.lose(Feature::Seed, "seed").unwrap();
        losses.lose(Feature::Seed, "seed").unwrap();
        losses.lose(Feature::CacheMarks, "system").unwrap();
        assert_eq!(losses.warnings(), ["seed_dropped", "user_dropped"]);
        assert_eq!(losses.told().len(), 3);
        let flaw = Losses::new(true).lose(Feature::Seed, "seed").unwrap_err();
        assert!(flaw.is_of_target && flaw.message.contains("seed_dropped"), "{flaw:?}");
        assert_eq!(flaw.param.as_deref(), Some("seed"));
    }

    #[test]
    fn what_must_not_be_lost_is_refused() {
        for feature in [Feature::Image, Feature::Choices, Feature::UnknownPart, Feature::State] {
            assert!(Losses::new(false).lose(feature, "x").is_err(), "{feature:?}");
        }
    }

    /// Rust cannot list the variants of an enum: the order of the table is that of the enum, without a gap.
    #[test]
    fn every_feature_has_its_row() {
        for (place, feature) in Feature::all().enumerate() {
            assert_eq!(feature as usize, place, "{feature:?}");
        }
        let code = include_str!("loss.rs");
        let (_, body) = code.split_once("pub enum Feature {").unwrap();
        let variants = body.split_once("\n}").unwrap().0.lines().filter(|line| line.ends_with(',')).count();
        assert_eq!(Feature::all().count(), variants);
    }
}
