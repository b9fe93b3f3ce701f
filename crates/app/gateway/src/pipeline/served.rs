//! Who answered a call, and what its caller gets of that.

use domain::Failure;
use http::Response;

use crate::answer::{AnswerBody, known};
use crate::call::Call;
use crate::pipeline::asked::Asked;
use crate::pipeline::filling;
use crate::pipeline::hit::{self, Hit};
use crate::pipeline::repeat::{self, Again};

/// Who answered.
pub(super) enum Served {
    /// A provider, who has begun to.
    Asked(Box<Asked>),
    /// A provider, when it was asked before.
    Again(Box<Again>),
    /// A provider, when somebody asked the same.
    Shared(Box<Hit>),
    /// We ourselves: the whole answer.
    Known(Vec<u8>),
}

/// A call that ends with a failure.
pub(crate) type Refused = (Box<Call>, Box<Failure>);

/// The head of the answer, with the rest to follow, or the failure.
pub(super) fn ended(
    mut call: Box<Call>,
    served: Result<Served, Box<Failure>>,
) -> Result<Response<AnswerBody>, Refused> {
    match served {
        Ok(Served::Asked(asked)) => Ok(match call.cache.take() {
            Some(part) => filling::answered(call, *part, *asked),
            None => repeat::answered(call, *asked),
        }),
        Ok(Served::Shared(hit)) => Ok(hit::told(&mut call, &hit)),
        Ok(Served::Again(kept)) => Ok(repeat::again(&mut call, *kept)),
        Ok(Served::Known(body)) => Ok(known(&mut call, body)),
        Err(failure) => Err((call, failure)),
    }
}
