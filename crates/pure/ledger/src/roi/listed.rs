//! The list price of a model, where a question says none: of the first book that has one.

use domain::Timestamp;

use super::problem::RoiProblem;
use crate::prices::{Amount, Book, Component, Factor, Offer, Row, Seller, Unit};

/// How many sellers are named where there are several.
const SELLERS_TOLD_MAX: usize = 5;

/// What a million tokens of prompt and of answer cost by a list, in the currency of its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed<'b> {
    pub(super) book: &'b Book,
    pub(super) input: Amount,
    pub(super) output: Amount,
}

/// The list price of a model that is in force now. `field` is where the model was named.
pub(super) fn listed<'b>(
    books: &'b [Book],
    model: &str,
    now: Timestamp,
    field: &'static str,
) -> Result<Listed<'b>, RoiProblem> {
    for book in books {
        let sold = sold(book, model, now);
        let Some((_, input, output)) = sold.first() else { continue };
        if sold.iter().any(|(_, other_input, other_output)| (other_input, other_output) != (input, output)) {
            return Err(RoiProblem::new(field, several(model, &sold)));
        }
        return Ok(Listed { book, input: *input, output: *output });
    }
    let shown = model.escape_debug();
    let message = format!(
        "there is no list price of '{shown}'; say one for a million tokens: {shown}=8, or {shown}=2/8 for prompt and answer"
    );
    Err(RoiProblem::new(field, message))
}

/// Who sells it, and for how much.
fn sold<'b>(book: &'b Book, model: &str, now: Timestamp) -> Vec<(&'b Row, Amount, Amount)> {
    let own = book.rows_of(model, now).into_iter();
    let own: Vec<_> = own.filter_map(|row| priced(book, row)).collect();
    if !own.is_empty() {
        return own;
    }
    // Names of models may hold a slash too: only where none is called so, what stands before it is a seller.
    let Some((seller, model)) = model.split_once('/') else { return own };
    let is_his = |row: &&Row| match &row.seller {
        Seller::Kind(name) | Seller::Provider(name) => **name == *seller,
        Seller::Any => false,
    };
    book.rows_of(model, now).into_iter().filter(is_his).filter_map(|row| priced(book, row)).collect()
}

/// What it asks for prompts and answers; `None` if it has no price for either.
fn priced<'b>(book: &Book, row: &'b Row) -> Option<(&'b Row, Amount, Amount)> {
    let offers = book.offers(row, Factor::ONE);
    let list = |component: Component| {
        let offer = offers.iter().find(|offer: &&Offer| offer.component == component)?;
        Some(offer.list)
    };
    if row.is_free {
        return Some((row, Amount::ZERO, Amount::ZERO));
    }
    Some((row, list(Component::Input)?, list(Component::Output)?))
}

fn several(model: &str, sold: &[(&Row, Amount, Amount)]) -> String {
    let one = |(row, input, output): &(&Row, Amount, Amount)| {
        let name = match &row.seller {
            Seller::Any => "others",
            Seller::Kind(name) | Seller::Provider(name) => name,
        };
        let text = |amount: &Amount| amount.text(Unit::MillionTokens);
        format!("{name} {}/{}", text(input), text(output))
    };
    let told: Vec<String> = sold.iter().take(SELLERS_TOLD_MAX).map(one).collect();
    let model = model.escape_debug();
    format!(
        "'{model}' has several list prices: {}; say whose: SELLER/{model}, or a price: {model}=8",
        told.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::listed;
    use crate::prices::{Book, Unit, read};

    fn book(text: &str) -> Book {
        read(text, &[]).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn found(books: &[Book], model: &str) -> Result<(String, String), String> {
        let listed = listed(books, model, Timestamp(0), "from").map_err(|problem| problem.message)?;
        let text = |amount: crate::prices::Amount| amount.text(Unit::MillionTokens);
        Ok((text(listed.input), text(listed.output)))
    }

    #[test]
    fn the_first_book_that_has_a_price_is_heard_and_sellers_are_told_apart() {
        let own = book(
            "[[price]]\nkind = \"north\"\nmodel = \"m\"\naliases = [\"m-1\"]\ninput = \"2\"\noutput = \"8\"\n",
        );
        let catalogue = book(
            "[[price]]\nkind = \"a\"\nmodel = \"m\"\ninput = \"3\"\noutput = \"3\"\n\
             [[price]]\nkind = \"a\"\nmodel = \"x\"\ninput = \"1\"\noutput = \"1\"\n\
             [[price]]\nkind = \"b\"\nmodel = \"x\"\ninput = \"1\"\noutput = \"2\"\n\
             [[price]]\nkind = \"b\"\nmodel = \"org/y\"\ninput = \"4\"\noutput = \"5\"\n",
        );
        let books = [own, catalogue];
        let price = |input: &str, output: &str| Ok((input.to_owned(), output.to_owned()));
        assert_eq!(found(&books, "m"), price("2", "8"));
        assert_eq!(found(&books, "m-1"), price("2", "8"));
        assert_eq!(found(&books, "b/x"), price("1", "2"));
        assert_eq!(found(&books, "org/y"), price("4", "5"));
        let several = found(&books, "x").unwrap_err();
        assert!(several.contains("a 1/1, b 1/2") && several.contains("SELLER/x"), "{several}");
        assert!(found(&books, "z").unwrap_err().contains("z=8"));
        assert!(found(&books, "c/x").is_err());
    }

    #[test]
    fn tiers_long_prompts_and_hours_are_no_list_price_of_their_own() {
        let books = [book(
            "[[price]]\nmodel = \"m\"\ninput = \"1\"\noutput = \"2\"\n\
             [[price]]\nmodel = \"m\"\nservice = \"batch\"\ninput = \"0.5\"\noutput = \"1\"\n\
             [[price]]\nmodel = \"m\"\nfrom_tokens = 200000\ninput = \"2\"\noutput = \"4\"\n",
        )];
        assert_eq!(found(&books, "m"), Ok(("1".to_owned(), "2".to_owned())));
    }
}
