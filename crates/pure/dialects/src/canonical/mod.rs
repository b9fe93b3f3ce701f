//! The one form every dialect decodes to and encodes from: what was asked, what is answered, and what could not be
//! carried. It knows no wire format; each of those is a folder beside it.

mod abilities;
mod answer_shape;
mod event;
mod extras;
mod flaw;
mod legal;
mod loss;
pub(crate) mod media;
mod offered;
mod pairing;
mod part;
mod prompt;
mod reply;
mod settings;
mod strict_schema;
mod tool;
mod unseen;

pub use abilities::{Abilities, CallForce, Continuing, SchemaSupport, ThinkingForm};
pub use answer_shape::AnswerShape;
pub use event::{Event, Finish, Opening};
pub use flaw::{Flaw, ReplyFlaw};
pub use legal::{ToolNames, legal_id, short_id};
pub use loss::{Feature, Loss, Losses, Policy};
pub use media::media_type_of;
pub use part::{
    CacheMark, Call, Citation, Foreign, Media, MediaKind, Outcome, Part, Seal, SealForm, Source, Text,
    Thought,
};
pub use prompt::{Extra, Prompt, Speaker, Turn};
pub use reply::Reply;
pub use settings::{Effort, OutputFormat, Settings, Thinking, ThinkingWish};
pub use tool::{NO_PARAMETERS, Tool, ToolChoice, ToolKind};
pub use unseen::refuse_unseen;
