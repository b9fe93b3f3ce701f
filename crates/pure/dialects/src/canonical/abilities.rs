//! What one model at one provider can do, as far as writing a request for it needs to know. Filled from the catalogue;
//! what nobody knows is taken to be possible, so that the provider itself decides.

/// What a model can do.
#[derive(Clone, Debug, PartialEq)]
pub struct Abilities {
    /// Most tokens of prompt and answer together.
    pub context_tokens: Option<u64>,
    /// Most tokens it generates.
    pub output_tokens_max: Option<u64>,
    /// It looks at images.
    pub takes_images: bool,
    /// It fetches images from public addresses itself.
    pub fetches_urls: bool,
    /// It listens to recordings.
    pub takes_audio: bool,
    /// It reads documents.
    pub takes_documents: bool,
    /// It calls tools.
    pub calls_tools: bool,
    /// How far calls can be forced.
    pub call_force: CallForce,
    /// Calling in parallel can be switched off.
    pub has_parallel_switch: bool,
    /// How far the form of the answer can be fixed.
    pub schema_support: SchemaSupport,
    /// How it is told to think.
    pub thinking: ThinkingForm,
    /// Thinking can be switched off.
    pub can_stop_thinking: bool,
    /// Temperature, top-p and top-k can be set at all.
    pub has_sampling: bool,
    /// Highest temperature it takes, in thousandths.
    pub temperature_max_milli: u32,
    /// Temperature and top-p may both be set.
    pub takes_temperature_with_top_p: bool,
    /// It goes on from the beginning of an answer.
    pub continues_answers: bool,
    /// How a host of the chat dialect is told to; `None` where nobody knows.
    pub continuing: Option<Continuing>,
    /// Most stop texts.
    pub stop_texts_max: usize,
    /// Instructions may stand between the turns.
    pub takes_late_instructions: bool,
}

/// How far calls can be forced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallForce {
    /// Any tool, or one by name.
    Full,
    /// Any tool, not one by name.
    RequiredOnly,
    /// Not at all.
    None,
}

/// How far the form of an answer can be fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaSupport {
    /// By a schema.
    Schema,
    /// Some JSON object.
    ObjectOnly,
    /// Not at all.
    None,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThinkingForm {
    /// By a word for the effort.
    Effort,
    /// By a budget of tokens.
    Budget,
    /// It decides itself, and may be given an effort.
    Adaptive,
    /// It does not think.
    None,
    /// Nobody knows: the dialect's usual way is tried.
    Unknown,
}

/// How a host of the chat dialect is told that the last message is the beginning of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuing {
    /// By its place: a message of the model's at the end is nothing else.
    Bare,
    /// By this flag in the message.
    Flag(&'static str),
    /// By `continue_final_message` beside the messages.
    FinalMessage,
}

impl Default for Abilities {
    fn default() -> Self {
        Self {
            context_tokens: None,
            output_tokens_max: None,
            takes_images: true,
            fetches_urls: true,
            takes_audio: true,
            takes_documents: true,
            calls_tools: true,
            call_force: CallForce::Full,
            has_parallel_switch: true,
            schema_support: SchemaSupport::Schema,
            thinking: ThinkingForm::Unknown,
            can_stop_thinking: true,
            has_sampling: true,
            temperature_max_milli: 2000,
            takes_temperature_with_top_p: true,
            continues_answers: true,
            continuing: None,
            stop_texts_max: 16,
            takes_late_instructions: false,
        }
    }
}
