//! Why a form is refused.

use std::fmt;

use super::sizes::{HEAD_BYTES_MAX, PARTS_MAX};

/// Why a form is refused. What two readers could read in two ways is refused, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultipartFlaw {
    /// Its type is not usable.
    Type(&'static str),
    /// It is not framed as a form, noticed at this byte.
    Malformed(usize),
    /// It ended before its last delimiter.
    Truncated,
    /// Something follows its last delimiter.
    TrailingBytes(usize),
    /// It has more than [`PARTS_MAX`] parts.
    TooManyParts,
    /// The head of a part is longer than [`HEAD_BYTES_MAX`].
    LongHead,
    /// The head of the part of this number cannot be read.
    Head(usize, &'static str),
    /// The wanted field at this place of the list comes twice.
    Repeated(usize),
    /// The wanted field at this place of the list is spelt in other letter case.
    OtherCase(usize),
    /// The wanted field at this place of the list is a file.
    IsFile(usize),
}

impl fmt::Display for MultipartFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(why) => write!(f, "the content-type {why}"),
            Self::Malformed(at) => write!(f, "the body is not valid multipart/form-data at byte {at}"),
            Self::Truncated => f.write_str("the body ends before its last part does"),
            Self::TrailingBytes(at) => write!(f, "the body goes on after its last part, at byte {at}"),
            Self::TooManyParts => write!(f, "the body has more than {PARTS_MAX} parts"),
            Self::LongHead => write!(f, "the head of a part is longer than {HEAD_BYTES_MAX} bytes"),
            Self::Head(part, why) => write!(f, "part {part} of the body {why}"),
            Self::Repeated(_) => f.write_str("comes twice"),
            Self::OtherCase(_) => f.write_str("is written in other letter case"),
            Self::IsFile(_) => f.write_str("is a file where a text belongs"),
        }
    }
}
