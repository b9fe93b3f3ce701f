//! Which calls are summed up together: those that are alike in all that a report may be asked by.

use std::borrow::Cow;

use domain::Kind;

use crate::requests::RequestRow;

/// Texts of a cell.
pub(super) const TEXTS: usize = 10;

/// The model of calls that nobody served because their caller named it wrongly: such names have no end.
pub(super) const UNKNOWN_MODEL: &str = "unknown";
/// The models of calls beyond the cells that there is room for.
pub(super) const OTHER_MODELS: &str = "other";

/// Which text. Their order is that of what is kept: new ones come behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Organisation,
    Project,
    Key,
    Model,
    Provider,
    Served,
    Region,
    Error,
    Service,
    Currency,
}

/// Prompts of so many tokens and no more are of one size: the bounds that vendors have for their dearer rates, so that sums of
/// tokens can be priced again.
pub const PROMPT_SIZES: [u64; 11] =
    [32_000, 32_768, 100_000, 128_000, 131_072, 200_000, 256_000, 262_144, 272_000, 512_000, 1_000_000];

/// All that calls of a cell have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct CellKey<'a> {
    pub(super) texts: [Cow<'a, str>; TEXTS],
    /// The account that paid; none has the number 0.
    pub(super) account: u64,
    pub(super) status: u16,
    /// The place of the first of [`PROMPT_SIZES`] that a prompt fits in.
    pub(super) size: u8,
}

impl<'a> CellKey<'a> {
    /// That of a row, whose texts it takes.
    pub(super) fn of(row: &mut RequestRow<'a>) -> Self {
        let service = match &row.usage {
            Some(usage) if !usage.service_tier.is_usual() => usage.service_tier.name().to_owned().into(),
            _ => Cow::Borrowed(""),
        };
        let currency = match &row.cost {
            Some(cost) => Cow::Owned(cost.currency.code().to_owned()),
            None => Cow::Borrowed(""),
        };
        let prompt = row.usage.map_or(0, |usage| usage.input_total());
        if is_misnamed(row) {
            row.model = Cow::Borrowed(UNKNOWN_MODEL);
        }
        Self {
            texts: [
                std::mem::take(&mut row.organisation),
                std::mem::take(&mut row.project),
                std::mem::take(&mut row.key),
                std::mem::take(&mut row.model),
                std::mem::take(&mut row.provider),
                std::mem::take(&mut row.upstream_model),
                std::mem::take(&mut row.region),
                row.kind.clone(),
                service,
                currency,
            ],
            account: row.account.unwrap_or(0),
            status: row.status,
            size: size_of(prompt),
        }
    }

    /// The same with no names of models: all else has an end, as it is the operator's.
    pub(super) fn without_models(mut self) -> Self {
        for text in [Text::Model, Text::Served] {
            self.texts[text as usize] = Cow::Borrowed(OTHER_MODELS);
        }
        self
    }
}

/// Whether its model is whatever its caller made up, or may be: nobody was asked for it.
fn is_misnamed(row: &RequestRow<'_>) -> bool {
    const FAULTS: [Kind; 3] = [Kind::UnknownModel, Kind::Forbidden, Kind::BadRequest];
    row.provider.is_empty() && FAULTS.iter().any(|kind| kind.code() == row.kind)
}

fn size_of(prompt: u64) -> u8 {
    PROMPT_SIZES.partition_point(|bound| *bound < prompt) as u8
}

/// The least prompt of a size.
pub(super) fn smallest_of(size: u8) -> u64 {
    match usize::from(size).checked_sub(1) {
        None => 0,
        Some(before) => PROMPT_SIZES.get(before).map_or(u64::MAX, |bound| bound + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::requests::suite::row;
    use super::{CellKey, PROMPT_SIZES, Text, UNKNOWN_MODEL, size_of, smallest_of};
    use crate::requests::RequestRow;

    #[test]
    fn a_cell_is_what_rows_have_in_common() {
        let key = CellKey::of(&mut row(1));
        let text = |text: Text| &*key.texts[text as usize];
        assert_eq!((text(Text::Organisation), text(Text::Served)), ("org_default", "gpt-x"));
        assert_eq!((text(Text::Service), text(Text::Currency), key.account), ("flex", "CNY", 3));
        assert_eq!(key, CellKey::of(&mut row(2)));
    }

    #[test]
    fn a_name_that_nobody_serves_is_no_name() {
        let model = |provider: &'static str, kind: &'static str| {
            let mut row = RequestRow { provider: provider.into(), kind: kind.into(), ..row(1) };
            CellKey::of(&mut row).texts[Text::Model as usize].clone()
        };
        for kind in ["model_not_found", "permission_denied", "invalid_request"] {
            assert_eq!((&*model("", kind), &*model("openai", kind)), (UNKNOWN_MODEL, "smart"));
        }
        assert_eq!(model("", "no_target"), "smart");
    }

    #[test]
    fn every_prompt_has_a_size_whose_smallest_is_of_it() {
        for (place, bound) in PROMPT_SIZES.into_iter().enumerate() {
            assert_eq!((size_of(bound), size_of(bound + 1)), (place as u8, place as u8 + 1));
            assert_eq!(size_of(smallest_of(place as u8)), place as u8);
        }
        assert_eq!((size_of(0), size_of(u64::MAX)), (0, PROMPT_SIZES.len() as u8));
    }
}
