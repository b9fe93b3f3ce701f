//! What a call can be made to pay for, each part by its name in texts, listings and listings of costs.

/// One thing that has a price of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Prompt tokens that are in none of the other parts.
    Input,
    /// Prompt tokens served from the provider's cache.
    CacheRead,
    /// Prompt tokens put into the cache for its usual, short time.
    CacheWrite,
    /// Prompt tokens put into the cache for an hour or longer.
    CacheWriteLong,
    /// Prompt tokens of recordings.
    AudioInput,
    /// Prompt tokens of pictures.
    ImageInput,
    /// Visible answer tokens of text.
    Output,
    /// Hidden reasoning tokens.
    Reasoning,
    /// Answer tokens of speech.
    AudioOutput,
    /// Answer tokens of pictures.
    ImageOutput,
    /// Pictures made.
    Image,
    /// Time of sound or film, made or heard.
    Second,
    /// Searches and other tools that the provider ran.
    Search,
    /// The call itself.
    Request,
}

/// What a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A million tokens.
    MillionTokens,
    /// One of them.
    Each,
    /// A second, counted by its thousandths.
    Second,
}

impl Component {
    /// How many there are.
    pub const COUNT: usize = 14;

    /// Every one, in the order of listings.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Input,
        Self::CacheRead,
        Self::CacheWrite,
        Self::CacheWriteLong,
        Self::AudioInput,
        Self::ImageInput,
        Self::Output,
        Self::Reasoning,
        Self::AudioOutput,
        Self::ImageOutput,
        Self::Image,
        Self::Second,
        Self::Search,
        Self::Request,
    ];

    /// Its name in texts and listings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CacheRead => "cache_read",
            Self::CacheWrite => "cache_write",
            Self::CacheWriteLong => "cache_write_1h",
            Self::AudioInput => "audio_input",
            Self::ImageInput => "image_input",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::AudioOutput => "audio_output",
            Self::ImageOutput => "image_output",
            Self::Image => "per_image",
            Self::Second => "per_second",
            Self::Search => "per_search",
            Self::Request => "per_request",
        }
    }

    /// The component of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|component| component.name() == name)
    }

    /// What its price is for.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Image | Self::Search | Self::Request => Unit::Each,
            Self::Second => Unit::Second,
            _ => Unit::MillionTokens,
        }
    }

    /// Whose price it has where a row names none for it. Nobody's price is multiplied to get at another's.
    pub const fn stand_in(self) -> Option<Self> {
        match self {
            Self::CacheRead | Self::CacheWrite | Self::AudioInput | Self::ImageInput => Some(Self::Input),
            Self::CacheWriteLong => Some(Self::CacheWrite),
            Self::Reasoning | Self::AudioOutput | Self::ImageOutput => Some(Self::Output),
            _ => None,
        }
    }

    /// Whether what stands in for it is a guess. Thoughts are billed as output by everybody, unless a price list says
    /// otherwise.
    pub const fn is_guessed_by_stand_in(self) -> bool {
        !matches!(self, Self::Reasoning)
    }

    /// Its place in arrays.
    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Component;

    #[test]
    fn names_and_places_are_those_of_the_list() {
        for (place, component) in Component::ALL.into_iter().enumerate() {
            assert_eq!(component.place(), place);
            assert_eq!(Component::named(component.name()), Some(component));
        }
        assert_eq!(Component::named("cached"), None);
    }

    #[test]
    fn what_stands_in_counts_the_same_unit_and_never_runs_in_a_circle() {
        for component in Component::ALL {
            let mut next = component;
            for _ in 0..3 {
                let Some(other) = next.stand_in() else { break };
                assert_eq!(other.unit(), component.unit());
                next = other;
            }
            assert_eq!(next.stand_in(), None, "{component:?}");
        }
    }
}
