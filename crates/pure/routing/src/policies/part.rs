//! Those who get less than their part, since they fail now and then or are coming back, go without in so many rounds. A cost
//! would not do: of two who are alike the same one would win each time.

use super::Policy;
use super::field::Candidate;
use crate::rng::Rng;

/// Takes out those who go without this time; nobody if that were all.
pub(crate) fn sit_out<'a>(
    policy: Policy,
    candidates: &mut Vec<Candidate<'a>>,
    rng: &mut Rng,
) -> Vec<Candidate<'a>> {
    let mut out = Vec::new();
    // Weights take shares exactly; whoever is alone needs no lot.
    if policy == Policy::Weighted
        || candidates.len() < 2
        || candidates.iter().all(|candidate| candidate.share >= 1.0)
    {
        return out;
    }
    candidates.retain(|candidate| {
        let is_in = candidate.share >= 1.0 || rng.fraction() < f64::from(candidate.share);
        if !is_in {
            out.push(*candidate);
        }
        is_in
    });
    if candidates.is_empty() {
        std::mem::swap(candidates, &mut out);
    }
    out
}
