//! What is done about a call that no row has a price for. There is no fourth way, in which it would cost nothing unseen.

use super::row::Row;

/// What is done about a call without a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is refused before anybody is asked; one that was served all the same is told as unpriced.
    Block,
    /// It costs what this row says, and is told as assumed.
    Default(Box<Row>),
    /// It costs nothing, and is told as unpriced.
    Flag,
}

impl Unknown {
    /// Its name in texts and listings.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Default(_) => "default",
            Self::Flag => "flag",
        }
    }
}
