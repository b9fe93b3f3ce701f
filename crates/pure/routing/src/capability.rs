//! What a request may need of a model, in the catalogue's words.

/// Something that not every model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// It calls tools.
    Tools,
    /// It looks at images.
    Images,
    /// It listens to recordings.
    Audio,
    /// It reads documents.
    Documents,
    /// Its answers can be given a form by a schema.
    Schema,
}

/// Some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(u8);

impl Capability {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Tools, "tools"),
        (Self::Images, "images"),
        (Self::Audio, "audio"),
        (Self::Documents, "documents"),
        (Self::Schema, "schema"),
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(capability, _)| *capability)
    }

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The one of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(capability, _)| *capability)
    }
}

impl Capabilities {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Whether there is none.
    pub const fn are_none(self) -> bool {
        self.0 == 0
    }

    /// Whether this one is among them.
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u8) != 0
    }

    /// These, and those.
    #[must_use]
    pub const fn or(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those of these that are among those.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Those of these that are not among those.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// The names of all of them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Capability::all().filter(move |capability| self.has(*capability)).map(Capability::name)
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        capabilities.into_iter().fold(Self::NONE, |all, one| Self(all.0 | 1 << one as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::{Capabilities, Capability};

    #[test]
    fn each_has_its_name_and_its_place() {
        for capability in Capability::all() {
            assert_eq!(Capability::of_name(capability.name()), Some(capability));
            let alone: Capabilities = [capability].into_iter().collect();
            assert_eq!(alone.names().collect::<Vec<_>>(), [capability.name()]);
        }
    }

    #[test]
    fn sets_are_sets() {
        let of = |all: &[Capability]| all.iter().copied().collect::<Capabilities>();
        let (seeing, both) = (of(&[Capability::Images]), of(&[Capability::Images, Capability::Tools]));
        assert_eq!((both.and(seeing), both.without(seeing)), (seeing, of(&[Capability::Tools])));
        assert!(seeing.without(both).are_none() && seeing.or(both) == both);
    }
}
