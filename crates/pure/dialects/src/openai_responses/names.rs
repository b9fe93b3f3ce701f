//! Names of tools that stand in a group: here one name, on the wire two fields.

/// Stands between the group's name and the tool's own. No caller writes it, and every target that knows no groups replaces
/// it when it makes names legal.
const SEPARATOR: char = '\u{1f}';

/// One name for a tool and its group.
pub(super) fn joined(group: Option<&str>, name: &str) -> String {
    match group {
        Some(group) if !group.is_empty() => format!("{group}{SEPARATOR}{name}"),
        _ => name.to_owned(),
    }
}

/// The group, where there is one, and the tool's own name.
pub(super) fn split(name: &str) -> (Option<&str>, &str) {
    match name.split_once(SEPARATOR) {
        Some((group, name)) => (Some(group), name),
        None => (None, name),
    }
}

#[cfg(test)]
mod tests {
    use super::{joined, split};

    #[test]
    fn what_is_joined_comes_apart_again() {
        for (group, name) in [(Some("agents"), "spawn"), (None, "a.b"), (Some("a_b"), "c.d")] {
            assert_eq!(split(&joined(group, name)), (group, name));
        }
        assert_eq!(joined(Some(""), "x"), "x");
    }
}
