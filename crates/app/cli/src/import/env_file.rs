//! Secrets as a file of variables, for shells, service managers and container engines alike.

use imports::CarriedSecret;

/// The file; empty without secrets.
pub(super) fn text(secrets: &[CarriedSecret]) -> String {
    if secrets.is_empty() {
        return String::new();
    }
    let lines =
        secrets.iter().map(|carried| format!("{}={}\n", carried.variable, word(carried.secret.expose())));
    format!(
        "# Secrets of the configuration beside this file. Keep it as private as they are.\n{}",
        lines.collect::<String>()
    )
}

/// Bare where nobody would read it as anything but itself: container engines take quotes for a part of the text.
fn word(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:@+,=%".contains(&byte));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use domain::Secret;
    use imports::CarriedSecret;

    use super::text;

    #[test]
    fn plain_words_stay_bare_and_others_are_quoted() {
        let secret = |variable: &str, text: &str| CarriedSecret {
            variable: variable.to_owned(),
            secret: Secret::new(text.to_owned()),
        };
        let written = text(&[secret("A", "sk-abc_1.2/3+4="), secret("B", "it's $5")]);
        assert!(written.ends_with("\nA=sk-abc_1.2/3+4=\nB='it'\\''s $5'\n"), "{written}");
        assert_eq!(text(&[]), "");
    }
}
