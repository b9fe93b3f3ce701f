//! The words of rescue: how a stream is made ready to outlive its source, how it stands when that breaks, and what the next
//! one will say. What is done about it stands in `resumption.rs`.

use domain::{ModelUsage, Usage};

/// Longest text of an answer that another source may go on with: the whole of it is sent there.
pub const TOLD_BYTES_MAX: usize = 256 << 10;
/// Of an answer so much is held back, calls and undecided text together; what is longer leaves, and cannot be rescued.
pub const HELD_BYTES_MAX: usize = 1 << 20;

/// How a stream is made ready to survive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rescue {
    /// The answer must parse as a whole: all of it is held until the finish.
    pub holds_text: bool,
    /// So many of the first bytes of text are held until more has come: what breaks before begins anew unseen.
    pub hold_bytes: usize,
}

/// What can be done about a stream when its source breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing that the caller saw binds us: another source may begin anew, hidden.
    Untold,
    /// The caller has text (thoughts, too, perhaps): another source may go on behind it.
    Told,
    /// The finish has come, and only its end is missing: the stream may be ended as it is.
    Finished,
    /// It can only be broken off, or be begun anew before the caller's eyes.
    Lost,
}

/// What the next source is expected to say again of what was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// Nothing: it was given the text as its own beginning, and goes on right behind it.
    Nothing,
    /// All of it: it repeats the beginning that it was given, and goes on.
    All,
    /// All of it, word for word, as it answers from the start: if anything differs, the two are no one answer.
    Anew,
    /// Nobody knows: it was asked in words to go on. It may go on, say the end again, or begin anew.
    Unknown,
}

/// What one source gave before it broke.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The model, as the source named it.
    pub model: Option<String>,
    /// What it used: as it told, or as it was counted here.
    pub usage: Usage,
    /// The same by the models that used it, where the source told of several.
    pub usage_by_model: Vec<ModelUsage>,
    /// How much it wrote, thoughts and calls included, whether the caller saw it or not.
    pub said_bytes: usize,
}
