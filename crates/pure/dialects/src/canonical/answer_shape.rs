//! How the shape of an answer is fixed, also where a dialect or a model knows no field for it: by the arguments of a tool
//! made up for it, or in words.

/// The tool whose arguments are the answer.
const ANSWER_TOOL: &str = "json";

/// How the shape of the answer is fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerShape {
    /// Not at all.
    Free,
    /// By a field of the dialect's own: its JSON text.
    Native(String),
    /// By a tool with this schema.
    Tool(String),
    /// By words.
    Words(String),
}

impl AnswerShape {
    /// What the tool is for, as the model is told.
    pub const TOOL_PURPOSE: &str = "Give the answer by calling this.";

    /// Some JSON object, asked for in words.
    pub fn object_in_words() -> Self {
        Self::Words("Answer with one JSON object and nothing else.".to_owned())
    }

    /// JSON of a schema, asked for in words.
    pub fn schema_in_words(schema: &str) -> Self {
        Self::Words(format!("Answer with JSON of this schema and nothing else: {schema}"))
    }

    /// The tool's name.
    pub fn tool(&self) -> Option<&'static str> {
        matches!(self, Self::Tool(_)).then_some(ANSWER_TOOL)
    }

    /// What is said to the model.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Words(words) => Some(words),
            _ => None,
        }
    }
}
