//! Why something cannot be read or written: in words for whoever sent it.

/// A request that cannot be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// A sentence fragment that names what was found.
    pub message: String,
    /// The field at fault, as a path such as `messages[3].content`.
    pub param: Option<String>,
    /// Whether the request is sound, and only this target cannot take it: another may.
    pub is_of_target: bool,
}

/// An answer that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyFlaw {
    /// What is wrong with it, for operators: no text of the answer.
    pub message: String,
}

impl Flaw {
    /// A flaw of the request, at a path; an empty path is the whole body.
    pub fn new(path: &str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            param: (!path.is_empty()).then(|| path.to_owned()),
            is_of_target: false,
        }
    }

    /// Something sound that this target cannot take.
    pub fn of_target(path: &str, message: impl Into<String>) -> Self {
        Self { is_of_target: true, ..Self::new(path, message) }
    }
}

impl ReplyFlaw {
    /// A flaw of an answer.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// Of an answer that ends and names no reason.
    pub(crate) fn no_reason() -> Self {
        Self::new("answered without saying why the answer ends")
    }

    /// Of an answer whose last call is not whole.
    pub(crate) fn half_call() -> Self {
        Self::new("ended its answer in the middle of a call of a tool")
    }
}

impl From<Flaw> for ReplyFlaw {
    fn from(flaw: Flaw) -> Self {
        // What is said of a place is no sentence about the provider.
        let is_of_place = flaw.param.is_some() || flaw.message.starts_with("the body ");
        if is_of_place {
            return Self {
                message: format!("answered with something that cannot be read: {}", flaw.message),
            };
        }
        Self { message: flaw.message }
    }
}

#[cfg(test)]
mod tests {
    use super::{Flaw, ReplyFlaw};

    #[test]
    fn what_is_wrong_with_an_answer_follows_its_providers_name() {
        let told = |flaw: Flaw| ReplyFlaw::from(flaw).message;
        let unreadable = "answered with something that cannot be read: ";
        assert_eq!(
            told(Flaw::new("a", "'a' must be a string, not 7")),
            format!("{unreadable}'a' must be a string, not 7")
        );
        assert_eq!(told(Flaw::new("", "the body is not JSON")), format!("{unreadable}the body is not JSON"));
        assert_eq!(told(Flaw::new("", "made more calls than are read")), "made more calls than are read");
    }
}
