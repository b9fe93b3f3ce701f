//! Why an answer ends, in the words of all hosts.

use crate::canonical::Finish;

/// What a `finish_reason` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Nothing yet.
    None,
    /// The provider could not go on.
    Fault,
    /// The end.
    End(Finish),
}

/// Reads a reason. Some hosts say `""` until there is one.
pub(super) fn read(reason: &str) -> Reason {
    Reason::End(match reason {
        "" => return Reason::None,
        "error" | "network_error" | "insufficient_system_resource" => return Reason::Fault,
        // Servers of open models say so when they are stopped or need the room: vllm-project/vllm#57082.
        "abort" => return Reason::Fault,
        "stop" | "eos" | "eos_token" | "end_turn" => Finish::Stop,
        "length" | "max_tokens" => Finish::Length,
        "model_length" => Finish::ContextFull,
        "tool_calls" | "function_call" | "tool_use" => Finish::Calls,
        "content_filter" => Finish::Filtered(None),
        "sensitive" => Finish::Filtered(Some(reason.to_owned())),
        other => Finish::Other(other.to_owned()),
    })
}

/// Writes a reason.
pub(super) const fn write(finish: &Finish) -> &'static str {
    match finish {
        Finish::Length | Finish::ContextFull => "length",
        Finish::Calls => "tool_calls",
        Finish::Filtered(_) => "content_filter",
        Finish::Stop | Finish::StopText(_) | Finish::Pause | Finish::BadCall | Finish::Other(_) => "stop",
    }
}

#[cfg(test)]
mod tests {
    use super::{Reason, read, write};
    use crate::canonical::Finish;

    #[test]
    fn every_official_reason_comes_back() {
        for reason in ["stop", "length", "tool_calls", "content_filter"] {
            let Reason::End(finish) = read(reason) else { panic!("{reason}") };
            assert_eq!(write(&finish), reason);
        }
        for (reason, expected) in
            [("function_call", "tool_calls"), ("eos", "stop"), ("model_length", "length")]
        {
            let Reason::End(finish) = read(reason) else { panic!("{reason}") };
            assert_eq!(write(&finish), expected);
        }
        assert_eq!(read(""), Reason::None);
        for reason in ["insufficient_system_resource", "abort"] {
            assert_eq!(read(reason), Reason::Fault);
        }
        assert_eq!(read("weird"), Reason::End(Finish::Other("weird".to_owned())));
    }
}
