//! Where a value stands in the file, written as `providers.local.lines[0].base_url`.

/// A path from the top of the file down to one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyPath(String);

impl KeyPath {
    /// A path that is one word, such as the name of a variable or an option.
    pub(crate) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The value under `key`. A key that would be misread as several is quoted: `models["gpt-4.1"]`.
    pub(crate) fn key(&self, key: &str) -> Self {
        let is_plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        Self(match (is_plain, self.0.is_empty()) {
            (true, true) => key.to_owned(),
            (true, false) => format!("{}.{key}", self.0),
            (false, _) => format!("{}[{key:?}]", self.0),
        })
    }

    /// The value at `place` of a list.
    pub(crate) fn index(&self, place: usize) -> Self {
        Self(format!("{}[{place}]", self.0))
    }

    /// As written in a problem.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// This path, then each above it, up to the top of the file. A dot within a quoted key makes a path that nothing
    /// has, which does no harm.
    pub(crate) fn upwards(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.0.as_str()), |path| {
            (!path.is_empty()).then(|| path.rfind(['.', '[']).map_or("", |at| &path[..at]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::KeyPath;

    #[test]
    fn a_path_reads_like_code_and_climbs_to_the_top() {
        let path = KeyPath::default().key("providers").key("local").key("lines").index(2).key("base_url");
        assert_eq!(path.text(), "providers.local.lines[2].base_url");
        assert_eq!(
            path.upwards().skip(1).collect::<Vec<_>>(),
            ["providers.local.lines[2]", "providers.local.lines", "providers.local", "providers", ""]
        );
        assert_eq!(KeyPath::default().key("models").key("gpt-4.1").text(), "models[\"gpt-4.1\"]");
        assert_eq!(KeyPath::default().key("").text(), "[\"\"]");
    }
}
