//! How files and tables call the dialects. What each of them means is the `dialects` crate's.

use dialects::Dialect;

/// Every dialect by its name.
pub const DIALECT_NAMES: [(&str, Dialect); 3] = [
    ("chat", Dialect::OpenAiChat),
    ("responses", Dialect::OpenAiResponses),
    ("messages", Dialect::AnthropicMessages),
];

/// The name of a dialect.
pub fn dialect_name(dialect: Dialect) -> &'static str {
    let found = DIALECT_NAMES.iter().find(|(_, known)| *known == dialect);
    found.map_or("", |(name, _)| name)
}

/// The dialect of a name.
pub fn dialect_named(name: &str) -> Option<Dialect> {
    DIALECT_NAMES.iter().find(|(known, _)| *known == name).map(|(_, dialect)| *dialect)
}

#[cfg(test)]
mod tests {
    use dialects::Dialect;

    use super::{dialect_name, dialect_named};

    #[test]
    fn each_has_its_name() {
        // A new one does not compile here until it has one.
        let expected = |dialect| match dialect {
            Dialect::OpenAiChat => "chat",
            Dialect::OpenAiResponses => "responses",
            Dialect::AnthropicMessages => "messages",
        };
        for dialect in [Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::AnthropicMessages] {
            assert_eq!(dialect_name(dialect), expected(dialect));
            assert_eq!(dialect_named(expected(dialect)), Some(dialect));
        }
    }
}
