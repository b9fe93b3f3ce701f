//! Texts of books: what is refused, with everything that is wrong and where; what is read comes back as it was.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use ledger::prices::{BookText, Change, Component, Factor, RowText, difference, needs_reason, read};

fn problems(text: &str) -> Vec<String> {
    let problems = read(text, &["north", "east"]).map(|_| ()).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let told = problems(text);
    let is_told =
        told.len() == expected.len() && expected.iter().zip(&told).all(|(part, whole)| whole.contains(part));
    assert!(is_told, "{told:#?}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = r#"currency = "EURO"
unknown = "ignore"

[rates]
XYZ = "1"
CNY = "-3"
VND = "1/0"

[markup]
everybody = "20%"

[markup.keys]
peter = "1"

[[price]]
kind = "north"
model = "a"
input = "-1"
output = "1e3"
per_image = "0.0000000001"
per_second = "999999999"

[[price]]
kind = "nowhere"
provider = "both"
model = ""
from = "2026-02-30"
inptu = "1"

[[price]]
kind = "nowhere"
model = "b c"
from = "2026-03-01"
until = "2026-03-01"
currency = "CNY"

[[price]]
kind = "north"
model = "d"
input = 0.15
"#;
    check(
        text,
        &[
            "line 23: price[2]: unknown field `inptu`",
            "line 37: price[4]: invalid type: floating point `0.15`, expected a string; amounts are written in quotes",
            "currency: there is no currency 'EURO'; known are USD",
            "rates.CNY: '-3' is no rate",
            "rates.VND: '1/0' is no rate",
            "rates.XYZ: there is no currency 'XYZ'",
            "markup.everybody: '20%' is no markup",
            "markup.keys.peter: 'peter' is no id of keys",
            "unknown: 'ignore' is none of block, default, flag",
            "line 15: price[1].input: '-1' is negative",
            "line 15: price[1].output: '1e3' is no plain decimal",
            "line 15: price[1].per_image: '0.0000000001' has more than 9 digits",
            "line 15: price[1].per_second: '999999999' is more than 1000000; prices are for a second",
            "line 30: price[3].kind: there is no kind 'nowhere'",
            "line 30: price[3].model: 'b c' is no name",
            "line 30: price[3].until: is not later than `from`",
            "line 30: price[3].currency: CNY has no rate",
            "line 30: price[3]: names no amount",
        ],
    );
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    check("currency = \"USD\"\nprice = ]\n", &["line 2: "]);
    check("[[prices]]\nmodel = \"a\"\n", &["unknown field `prices`"]);
}

#[test]
fn rows_that_hold_for_the_same_calls_are_refused() {
    let row = |rest: &str| format!("[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"1\"\n{rest}\n");
    let both = |one: &str, other: &str| row(one) + &row(other);
    let is_fine = |text: String| assert!(read(&text, &[]).is_ok(), "{:#?}", problems(&text));

    check(
        &both("", ""),
        &["price[2]: 'a' begins on the same day and for the same calls as that of price[1]"],
    );
    check(
        &both("from = \"2026-01-01\"\nuntil = \"2026-06-02\"", "from = \"2026-06-01\""),
        &["price[2]: 'a' overlaps the time of price[1]"],
    );
    check(&both("", "aliases = [\"b\"]\nservice = \"standard\""), &["price[2]: 'a' begins on the same day"]);
    check(&(row("aliases = [\"b\"]") + &row("aliases = [\"b\"]").replace("\"a\"", "\"c\"")), &["'b' begins"]);
    let night = |from: &str| format!("hours = [{{ from = \"{from}\", until = \"06:00\" }}]");
    check(&(row("") + &both(&night("00:00"), &night("05:59"))), &["price[3]: 'a' begins on the same day"]);

    is_fine(both("from = \"2026-01-01\"\nuntil = \"2026-06-01\"", "from = \"2026-06-01\""));
    is_fine(both("", "from = \"2026-06-01\""));
    is_fine(both("", "service = \"batch\""));
    is_fine(both("", "from_tokens = 200000"));
    is_fine(row("") + &both(&night("00:00"), &night("06:00").replace("\"06:00\" }", "\"07:00\" }")));
    is_fine(row("") + &row("").replace("kind = \"north\"\n", ""));
    is_fine(row("") + &row("").replace("kind", "provider"));
}

#[test]
fn a_row_for_some_calls_needs_one_for_the_others() {
    let row = |rest: &str| format!("[[price]]\nmodel = \"a\"\ninput = \"1\"\n{rest}\n");
    let gap = "'a' has no row for all hours and prompts of any length";
    check(&row("from_tokens = 200000"), &[gap]);
    check(&row("hours = [{ from = \"01:00\", until = \"02:00\" }]"), &[gap]);
    check(&(row("from = \"2026-06-01\"") + &row("from_tokens = 200000")), &[gap]);
    check(&(row("until = \"2026-06-01\"") + &row("from_tokens = 200000")), &[gap]);
    let parts = |second: &str| row("until = \"2026-06-01\"") + &row(second);
    let long = row("until = \"2026-08-01\"\nfrom_tokens = 200000");
    check(&(parts("from = \"2026-06-02\"") + &long), &[gap]);
    check(&(parts("from = \"2026-06-01\"\nuntil = \"2026-07-31\"") + &long), &[gap]);
    assert!(read(&(parts("from = \"2026-06-01\"\nuntil = \"2026-08-01\"") + &long), &[]).is_ok());
    assert!(read(&(parts("from = \"2026-06-01\"") + &long), &[]).is_ok());
    let any = row("from_tokens = 200000").replace("\"a\"", "\"*\"");
    check(&any, &["'*' has no row for all hours and prompts of any length"]);
}

#[test]
fn a_default_is_for_all_calls_and_named_by_unknown() {
    let default = "[default]\ninput = \"1\"\n";
    assert!(read(&format!("unknown = \"default\"\n{default}"), &[]).is_ok());
    check("unknown = \"default\"\n", &["unknown: is 'default', and there is no table [default]"]);
    check(default, &["default: has prices, and `unknown` does not say 'default'"]);
    check(&format!("unknown = \"default\"\n{default}model = \"a\"\n"), &["default: is for every call"]);
    check("unknown = \"default\"\n[default]\ninput = \"-1\"\n", &["line 2: default.input: '-1' is negative"]);
}

#[test]
fn free_is_said_and_nothing_else() {
    let row = |rest: &str| format!("[[price]]\nmodel = \"a\"\n{rest}\n");
    assert!(read(&row("free = true"), &[]).is_ok());
    assert!(read(&row("input = \"0\""), &[]).is_ok());
    check(&row(""), &["price[1]: names no amount; a model that costs nothing has `free = true`"]);
    check(&row("free = true\ninput = \"1\""), &["price[1].free: is true, and the row names amounts"]);
    check(&row("minimum = \"-1\""), &["price[1].minimum: '-1' is negative"]);
}

#[test]
fn a_book_without_a_line_is_a_book() {
    let book = read("", &[]).unwrap();
    assert_eq!((book.currency().code(), book.unknown().name(), book.rows().len()), ("USD", "flag", 0));
}

#[test]
fn what_is_written_reads_as_the_same_book() {
    let text = include_str!("prices/book.toml");
    let written: BookText = toml::from_str(text).unwrap();
    assert_eq!(read(&written.to_toml(), &[]).unwrap(), read(text, &[]).unwrap());
}

#[test]
fn every_component_can_be_written_and_read() {
    for component in Component::ALL {
        let mut row = RowText { model: "a".to_owned(), ..RowText::default() };
        *row.amount_mut(component) = Some("1.5".to_owned());
        let text = BookText { price: vec![row], ..BookText::default() }.to_toml();
        assert!(text.contains(&format!("{} = \"1.5\"", component.name())), "{text}");
        let book = read(&text, &[]).unwrap();
        assert_eq!(
            book.rows()[0].amount(component).map(|amount| amount.text(component.unit())),
            Some("1.5".to_owned())
        );
    }
}

fn changes(before: &str, after: &str) -> Vec<Change> {
    difference(&read(before, &[]).unwrap(), &read(after, &[]).unwrap())
}

#[test]
fn changes_are_told_with_how_much_they_are() {
    let before = "[markup]\neverybody = \"1\"\n[rates]\nCNY = \"0.14\"\n[[price]]\nmodel = \"a\"\ninput = \"1\"\noutput = \"2\"\n";
    assert_eq!(changes(before, before), []);
    for (from, to, what, field, permille, is_large) in [
        ("input = \"1\"", "input = \"1.3\"", "a", "input", Some(300), false),
        ("input = \"1\"", "input = \"1.300001\"", "a", "input", Some(301), true),
        ("input = \"1\"", "input = \"0.7\"", "a", "input", Some(-300), false),
        ("input = \"1\"", "input = \"0.69\"", "a", "input", Some(-310), true),
        ("input = \"1\"", "input = \"0\"", "a", "input", Some(-1000), true),
        ("input = \"1\"", "cache_read = \"1\"\ninput = \"1\"", "a", "cache_read", None, false),
        ("everybody = \"1\"", "everybody = \"1.5\"", "markup", "everybody", Some(500), true),
        ("CNY = \"0.14\"", "CNY = \"1/7\"", "book", "rates.CNY", Some(21), false),
    ] {
        let changes = changes(before, &before.replace(from, to));
        let [change] = changes.as_slice() else { panic!("{changes:#?}") };
        assert_eq!((change.what.as_str(), change.field.as_str()), (what, field));
        assert_eq!((change.permille, change.is_large), (permille, is_large), "{to}");
    }
}

#[test]
fn a_later_row_is_compared_with_the_one_it_takes_over_from() {
    let row = |rest: &str| format!("[[price]]\nmodel = \"a\"\n{rest}\n");
    let before = row("input = \"1\"");
    let told = changes(&before, &(before.clone() + &row("from = \"2027-01-01\"\ninput = \"2\"")));
    let fields: Vec<(&str, bool)> =
        told.iter().map(|change| (change.field.as_str(), change.is_large)).collect();
    assert_eq!(fields, [("from 2027-01-01", false), ("input", true)]);
    assert!(needs_reason(&told));
}

#[test]
fn a_price_that_goes_needs_a_reason_and_a_new_one_does_not() {
    let rows = "[[price]]\nmodel = \"a\"\ninput = \"1\"\n[[price]]\nmodel = \"b\"\ninput = \"1\"\n";
    let one = "[[price]]\nmodel = \"a\"\ninput = \"1\"\n";
    assert!(needs_reason(&changes(rows, one)));
    assert!(!needs_reason(&changes(one, rows)));
}

#[test]
fn markups_are_those_of_the_text() {
    let book = read("[markup.keys]\nkey_a = \"1.25\"\n", &[]).unwrap();
    let key = domain::KeyId::parse("key_a").unwrap();
    let buyer = ledger::prices::Buyer { key: Some(&key), ..Default::default() };
    assert_eq!(Some(book.markup(&buyer)), Factor::parse("1.25"));
    assert_eq!(book.markup(&ledger::prices::Buyer::default()), Factor::ONE);
}
