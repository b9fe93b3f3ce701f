//! What holds of every book and every sale.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use domain::{Timestamp, Usage};
use ledger::prices::{
    Book, BookText, Buyer, COUNT_MAX, Component, Cost, MarkupsText, Rated, RowText, Sale, read,
};
use proptest::prelude::*;

/// A price as text, to the last place that is held.
fn amount() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        1 => Just(None),
        4 => (0_u64..2_000_000, 0_u32..1_000_000).prop_map(|(whole, part)| Some(format!("{}.{part:06}", whole % 500))),
        1 => Just(Some("0".to_owned())),
    ]
}

fn row() -> impl Strategy<Value = RowText> {
    proptest::collection::vec(amount(), Component::COUNT).prop_map(|amounts| {
        let mut row = RowText { model: "m".to_owned(), ..RowText::default() };
        for (component, amount) in Component::ALL.into_iter().zip(amounts) {
            *row.amount_mut(component) = amount;
        }
        row.input.get_or_insert_with(|| "1".to_owned());
        row.output.get_or_insert_with(|| "2".to_owned());
        row
    })
}

fn book() -> impl Strategy<Value = Book> {
    let rate = prop_oneof![Just("1/7".to_owned()), Just("0.14".to_owned()), Just("13.7".to_owned())];
    (row(), row(), 0_u64..1_000_000, 0_u32..5_000_000, rate, any::<bool>()).prop_map(
        |(short, mut long, tier, markup, rate, is_foreign)| {
            long.from_tokens = Some(tier + 1);
            let mut price = vec![short, long];
            for row in &mut price {
                row.currency = is_foreign.then(|| "CNY".to_owned());
            }
            let everybody = Some(format!("{}.{:06}", markup / 1_000_000, markup % 1_000_000));
            let text = BookText {
                rates: [("CNY".to_owned(), rate)].into(),
                markup: MarkupsText { everybody, ..MarkupsText::default() },
                price,
                ..BookText::default()
            };
            read(&text.to_toml(), &[]).unwrap()
        },
    )
}

fn counts(max: u64) -> impl Strategy<Value = Usage> {
    proptest::collection::vec(prop_oneof![2 => Just(0), 5 => 0..=max], 13).prop_map(|counts| Usage {
        input: counts[0],
        cached_input: counts[1],
        cache_write: counts[2],
        cache_write_long: counts[3],
        audio_input: counts[4],
        output: counts[5],
        reasoning: counts[6],
        audio_output: counts[7],
        image_input: counts[8],
        image_output: counts[9],
        images: counts[10] as u32,
        audio_ms: counts[11] as u32,
        searches: counts[12] as u32,
        ..Usage::default()
    })
}

fn sale(usage: &Usage) -> Sale<'_> {
    Sale {
        provider: "p",
        kind: "k",
        model: "m",
        asked_model: "m",
        at: Timestamp(1_795_219_200_000),
        usage,
        buyer: Buyer::default(),
    }
}

fn cost(book: &Book, usage: &Usage) -> Cost {
    match book.rate(&sale(usage)) {
        Rated::Priced(cost) => cost,
        Rated::Unpriced(unpriced) => panic!("{unpriced:?}"),
    }
}

proptest! {
    #[test]
    fn the_parts_are_the_whole_before_it_is_rounded((book, usage) in (book(), counts(50_000))) {
        let sale = sale(&usage);
        let explained = book.explain(&sale).unwrap();
        let sum: u128 = explained.parts.iter().map(|part| part.pico).sum();
        prop_assert_eq!(sum, explained.pico);
        let rate = explained.rate;
        let (up, down) = (sum * u128::from(rate.numerator()), 1000 * u128::from(rate.denominator()));
        let list = explained.cost.list.nano() as u128;
        prop_assert!(list * down >= up && (list == 0 || (list - 1) * down < up), "less than one nano-unit too much");
        let (up, down) = (up * u128::from(explained.markup.millionths()), down * 1_000_000);
        let price = explained.cost.price.nano() as u128;
        prop_assert!(price * down >= up && (price == 0 || (price - 1) * down < up), "and so with the markup");
        prop_assert_eq!(book.rate(&sale), Rated::Priced(explained.cost));
    }

    #[test]
    fn a_book_that_is_read_again_gives_the_same_costs((text, usage) in (row(), counts(5_000_000))) {
        let text = BookText { price: vec![text], ..BookText::default() }.to_toml();
        let first = read(&text, &[]).unwrap().numbered(3);
        let again = read(&toml::from_str::<BookText>(&text).unwrap().to_toml(), &[]).unwrap().numbered(3);
        prop_assert_eq!(cost(&first, &usage), cost(&again, &usage));
    }

    #[test]
    fn more_of_anything_costs_no_less((text, usage, more) in (row(), counts(1_000_000), 1..1_000_000_u64)) {
        let book = read(&BookText { price: vec![text], ..BookText::default() }.to_toml(), &[]).unwrap();
        let before = cost(&book, &usage);
        let extra = Usage { input: more, cached_input: more, reasoning: more, audio_output: more, searches: more as u32, ..Usage::default() };
        let after = cost(&book, &usage.plus(extra));
        prop_assert!(after.list >= before.list && after.price >= before.price);
    }

    #[test]
    fn no_count_is_too_large((book, usage) in (book(), counts(u64::MAX))) {
        let cost = cost(&book, &usage);
        let is_true = usage.parts().iter().all(|(_, count)| *count <= COUNT_MAX);
        prop_assert!(cost.list.nano() >= 0 && cost.price.nano() >= 0);
        prop_assert!(is_true || cost.is_assumed, "what is too large to be true is told");
    }
}

#[test]
fn the_dearest_book_and_the_largest_counts_end_at_the_most_there_is() {
    let mut row = RowText { model: "m".to_owned(), currency: Some("CNY".to_owned()), ..RowText::default() };
    row.input = Some("100000000".to_owned());
    let text = BookText {
        rates: [("CNY".to_owned(), "1000000000000".to_owned())].into(),
        markup: MarkupsText { everybody: Some("1000".to_owned()), ..MarkupsText::default() },
        price: vec![row],
        ..BookText::default()
    };
    let book = read(&text.to_toml(), &[]).unwrap();
    let usage = Usage { input: u64::MAX, ..Usage::default() };
    let cost = cost(&book, &usage);
    assert_eq!((cost.list.nano(), cost.price.nano(), cost.is_assumed), (i64::MAX, i64::MAX, true));
}

#[test]
fn what_is_done_without_a_price_is_as_the_book_says() {
    let usage = Usage { input: 1000, output: 10, unexplained: 0, ..Usage::default() };
    let of = |text: &str| {
        let book = read(text, &[]).unwrap();
        let sale = sale(&usage);
        (book.rate(&sale), book.forbids(&sale.wanted()))
    };
    let (Rated::Unpriced(unpriced), true) = of("unknown = \"block\"") else { panic!() };
    assert!(unpriced.was_to_be_blocked);
    let (Rated::Unpriced(unpriced), false) = of("unknown = \"flag\"") else { panic!() };
    assert!(!unpriced.was_to_be_blocked && Rated::Unpriced(unpriced).cost().is_unpriced);
    let (Rated::Priced(cost), false) = of("unknown = \"default\"\n[default]\ninput = \"3\"\noutput = \"5\"")
    else {
        panic!()
    };
    assert_eq!((cost.list.nano(), cost.is_assumed, cost.is_unpriced), (3_050_000, true, false));
    // A row that leaves a part out is filled up by the default, and told.
    let row = "[[price]]\nmodel = \"m\"\ninput = \"1\"\n";
    let (Rated::Priced(cost), false) = of(&format!("unknown = \"block\"\n{row}")) else { panic!() };
    assert_eq!((cost.list.nano(), cost.is_assumed, cost.is_unpriced), (1_000_000, false, true));
    let default = "unknown = \"default\"\n[default]\ninput = \"3\"\noutput = \"5\"\n";
    let (Rated::Priced(cost), false) = of(&format!("{default}{row}")) else { panic!() };
    assert_eq!((cost.list.nano(), cost.is_assumed, cost.is_unpriced), (1_050_000, true, false));
}

#[test]
fn a_model_that_is_unknown_is_priced_as_the_one_asked_for_and_told() {
    let book = read("[[price]]\nmodel = \"m\"\ninput = \"1\"\n", &[]).unwrap();
    let usage = Usage { input: 1000, ..Usage::default() };
    let dated = Sale { model: "m-2026-11-01", ..sale(&usage) };
    let Rated::Priced(cost) = book.rate(&dated) else { panic!() };
    assert_eq!((cost.list.nano(), cost.is_assumed), (1_000_000, true));
}
