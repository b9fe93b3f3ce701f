//! Where chance comes from: a small generator of our own, so that one seed gives one run on every machine.
//!
//! Not for secrets: anyone who sees one number knows all that follow.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub(crate) struct Generator(u64);

impl Generator {
    /// The generator of one request. Each request has its own, so that answers sent side by side do not disturb each other.
    pub(crate) fn for_request(seed: u64, node: &str, number: u64) -> Self {
        let mut generator = Self(seed ^ fnv1a(node.as_bytes()));
        let start = generator.next_u64() ^ number.wrapping_mul(0xd134_2543_de82_ef95);
        Self(start)
    }

    /// A generator that depends on a text only.
    pub(crate) fn for_text(text: &[u8]) -> Self {
        Self(fnv1a(text))
    }

    /// The next 64 bits.
    pub(crate) const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, never reaching, 1.
    pub(crate) const fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number of the standard normal distribution (Box–Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Whether something that happens with this probability happens now.
    pub(crate) fn chance(&mut self, rate: f64) -> bool {
        self.unit() < rate
    }
}

/// FNV-1a, 64 bits: spreads short names well enough.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        index += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::Generator;

    #[test]
    fn the_numbers_are_the_published_ones() {
        let mut generator = Generator(1_234_567);
        assert_eq!(generator.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(generator.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn seed_node_and_number_all_matter() {
        let first = |seed, node, number| Generator::for_request(seed, node, number).next_u64();
        assert_eq!(first(7, "eu", 1), first(7, "eu", 1));
        assert_ne!(first(7, "eu", 1), first(8, "eu", 1));
        assert_ne!(first(7, "eu", 1), first(7, "us", 1));
        assert_ne!(first(7, "eu", 1), first(7, "eu", 2));
    }

    #[test]
    fn chance_keeps_its_rate() {
        let mut generator = Generator(1);
        let hits = (0..10_000).filter(|_| generator.chance(0.3)).count();
        assert!((2_800..3_200).contains(&hits), "{hits}");
    }
}
