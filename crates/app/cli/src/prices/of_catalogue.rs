//! The prices that a catalogue knows, as the text of a book: a draft, for no bill before somebody approves it.

use config::Snapshot;
use domain::Currency;
use ledger::prices::{Book, BookText, Component, RowText, Unit, read};
use providers::models::{Amount, Known, Price};

/// The catalogue has billionths of a currency for a million tokens, the book has millionths.
const NANO_PER_MICRO: i64 = 1000;

/// The prices of the models of these kinds, in the order of their names; each kind is looked at once. Prices in another
/// currency than that of a book that says nothing are left out, for nobody has said what they are worth.
pub(super) fn of_catalogue<'k>(kinds: impl IntoIterator<Item = (&'k str, &'k Known)>) -> BookText {
    let mut kinds: Vec<(&str, &Known)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, _)| *kind);
    kinds.dedup_by_key(|(kind, _)| *kind);
    let mut book = BookText::default();
    for (kind, known) in kinds {
        for row in known.rows() {
            let prices = row.prices.iter().filter(|price| price.currency == Currency::USD.code());
            book.price.extend(prices.map(|price| {
                let source = price.source.as_ref().unwrap_or(&row.source);
                let place = RowText {
                    kind: Some(kind.to_owned()),
                    model: row.name.clone(),
                    aliases: row.aliases.clone(),
                    source: (!source.is_empty()).then(|| source.clone()),
                    ..RowText::default()
                };
                priced(place, price)
            }));
        }
    }
    book
}

/// What is in force where nobody has set prices: what is known of the models of the providers that are configured.
pub(crate) fn stand_in(snapshot: &Snapshot) -> (String, Book) {
    let kinds = snapshot.providers.iter().map(|provider| (provider.kind.name, &*provider.known));
    without_mistakes(of_catalogue(kinds))
}

/// Without the rows that no book takes, as a text and as what it says: an operator's own catalogue must not stop a start.
pub(super) fn without_mistakes(mut book: BookText) -> (String, Book) {
    loop {
        let text = book.to_toml();
        let problems = match read(&text, &[]) {
            Ok(book) => return (text, book),
            Err(problems) => problems,
        };
        let number = |path: &str| path.strip_prefix("price[")?.split_once(']')?.0.parse::<usize>().ok();
        let wrong: Vec<usize> = problems.iter().filter_map(|problem| number(&problem.path)).collect();
        if wrong.is_empty() {
            return (String::new(), Book::empty());
        }
        let mut place = 0;
        book.price.retain(|_| {
            place += 1;
            !wrong.contains(&place)
        });
    }
}

fn priced(place: RowText, price: &Price) -> RowText {
    // What the catalogue knows is what it knew on that day; nobody says that it cost something else before.
    let mut row =
        RowText { until: price.until.map(|day| day.to_string()), from_tokens: price.from_tokens, ..place };
    for (component, amount) in [
        (Component::Input, price.input),
        (Component::CacheRead, price.cache_read),
        (Component::CacheWrite, price.cache_write),
        (Component::CacheWriteLong, price.cache_write_1h),
        (Component::AudioInput, price.audio_input),
        (Component::Output, price.output),
        (Component::Reasoning, price.reasoning),
        (Component::AudioOutput, price.audio_output),
    ] {
        *row.amount_mut(component) = amount.and_then(text);
    }
    row
}

/// Rounded up where the catalogue is finer than the book; `None` beyond the highest price.
fn text(amount: Amount) -> Option<String> {
    let micro = u64::try_from(amount.0).ok()?.div_ceil(NANO_PER_MICRO.unsigned_abs());
    ledger::prices::Amount::from_parts(micro, Unit::MillionTokens)
        .map(|amount| amount.text(Unit::MillionTokens))
}

#[cfg(test)]
mod tests {
    use ledger::prices::{Component, Unit, read};
    use providers::models::{Amount, Catalogue, shipped};

    use super::{of_catalogue, text, without_mistakes};

    #[test]
    fn everything_that_is_shipped_makes_a_book() {
        let catalogue = shipped();
        let draft = of_catalogue(catalogue.kinds());
        let kinds: Vec<&str> = providers::all().iter().map(|provider| provider.name).collect();
        let book = read(&draft.to_toml(), &kinds).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert!(book.rows().len() > 400, "{}", book.rows().len());
    }

    #[test]
    fn amounts_are_kept_to_the_last_digit_or_rounded_up() {
        for (nano, written) in [(150_000_000, "0.15"), (1000, "0.000001"), (1001, "0.000002"), (0, "0")] {
            assert_eq!(text(Amount(nano)).as_deref(), Some(written));
        }
        assert_eq!(text(Amount(i64::MAX)), None);
    }

    #[test]
    fn rows_that_no_book_takes_are_left_out() {
        let catalogue = Catalogue::read(
            "kinds = [\"openai\"]\n[[model]]\nname = \"a\"\nsource = \"s\"\nprices = [\n\
             { from = \"2026-01-01\", currency = \"USD\", from_tokens = 1000, input = \"1\" },\n]\n\
             [[model]]\nname = \"b\"\nsource = \"s\"\nprices = [{ from = \"2026-01-01\", currency = \"USD\", input = \"1\" }]\n",
        );
        let (text, book) = without_mistakes(of_catalogue(catalogue.unwrap().kinds()));
        assert_eq!(read(&text, &[]).as_ref(), Ok(&book));
        assert_eq!(book.rows().iter().map(|row| &*row.model).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn rows_in_a_currency_without_a_rate_are_left_out() {
        let catalogue = Catalogue::read(
            "kinds = [\"openai\"]\n[[model]]\nname = \"a\"\nsource = \"s\"\nprices = [\n\
             { from = \"2026-01-01\", currency = \"USD\", input = \"1\", output = \"2\" },\n\
             { from = \"2026-01-01\", currency = \"CNY\", input = \"7\" },\n]\n",
        );
        let draft = of_catalogue(catalogue.unwrap().kinds());
        let book = read(&draft.to_toml(), &[]).unwrap();
        let [row] = book.rows() else { panic!("{:?}", book.rows()) };
        let output = row.amount(Component::Output).map(|amount| amount.text(Unit::MillionTokens));
        assert_eq!(output.as_deref(), Some("2"));
    }
}
