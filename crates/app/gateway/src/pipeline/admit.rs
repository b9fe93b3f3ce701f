//! May it run now? Limits and holds will stand here; today every known caller is let in and counted.

use crate::call::Call;
use crate::pipeline::authenticate::Caller;

/// Proof that a call was admitted. Without it nobody can ask a provider.
#[derive(Debug)]
pub(crate) struct Admitted {
    caller: Caller,
}

impl Admitted {
    /// Whether the caller's key wants nothing lost.
    pub(crate) fn is_strict(&self) -> bool {
        self.caller.is_strict()
    }
}

/// Lets a call in. It counts as running until it is dropped.
pub(crate) fn admit(call: &mut Call, caller: Caller) -> Admitted {
    call.count_as_running();
    Admitted { caller }
}
