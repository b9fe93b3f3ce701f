//! The same target for the same session, or for prompts that begin alike, so that what a provider has cached is used again.
//! When one goes, only those move that he had (rendezvous hashing: Thaler and Ravishankar, 1998, with weights).

use super::balanced;
use super::field::Field;
use crate::hash::hash;
use crate::rng::Rng;

pub(super) fn choose(field: &Field<'_, '_>, rng: &mut Rng) -> usize {
    let Some(bond) = (field.ask.bond)() else { return balanced::choose(field, rng) };
    let score = |place: usize| {
        let target = field.candidates[place].target;
        let mut name = [0; 12];
        name[..8].copy_from_slice(&bond.to_le_bytes());
        name[8..10].copy_from_slice(&target.provider.to_le_bytes());
        name[10..].copy_from_slice(&target.line.to_le_bytes());
        let drawn = Rng::new(hash(&name)).fraction().max(f64::MIN_POSITIVE);
        f64::from(target.weight) / -drawn.ln()
    };
    (0..field.candidates.len()).max_by(|left, right| score(*left).total_cmp(&score(*right))).unwrap_or(0)
}
