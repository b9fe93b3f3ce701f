//! The command line, read by name: `--name value`, repeated names, flags, and a command after `--`.
//!
//! It refuses nothing: this tool is called by its own scripts, which know its options.

use std::str::FromStr;

pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn from_process() -> Arguments {
        Arguments(std::env::args().collect())
    }

    pub(crate) fn command_name(&self) -> &str {
        self.0.get(1).map_or("", String::as_str)
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.0.iter().any(|argument| argument == flag)
    }

    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.values(name).into_iter().next()
    }

    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        self.0.windows(2).filter(|pair| pair[0] == name).map(|pair| pair[1].clone()).collect()
    }

    pub(crate) fn number<T: FromStr>(&self, name: &str, default: T) -> T {
        self.value(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    /// The program and its arguments after `--`.
    pub(crate) fn after_dashes(&self) -> Option<(&str, &[String])> {
        let at = self.0.iter().position(|argument| argument == "--")?;
        let (program, rest) = self.0[at + 1..].split_first()?;
        Some((program, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Arguments {
        Arguments(text.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn options_are_found_by_name() {
        let given = arguments("bench compare --target a --target b --secs 0.5 --raw -- gateway --listen x");
        assert_eq!(given.command_name(), "compare");
        assert_eq!(given.values("--target"), ["a", "b"]);
        assert_eq!(given.value("--secs").as_deref(), Some("0.5"));
        assert_eq!(given.number("--rounds", 3), 3);
        assert!(given.has("--raw") && !given.has("--freeze"));
        assert_eq!(given.after_dashes(), Some(("gateway", &["--listen".to_owned(), "x".to_owned()][..])));
    }
}
