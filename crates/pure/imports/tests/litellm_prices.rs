//! A price list as LiteLLM publishes them, and what becomes of each row of it.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use imports::litellm_prices::{ImportedPrices, read};
use ledger::prices::{Component, Row, Seller};

const SAMPLE: &str = include_str!("samples/litellm-prices/list.json");

fn sample() -> ImportedPrices {
    read(SAMPLE).unwrap()
}

/// A row in a line: seller, model, tier, length, hours, and its amounts.
fn line(row: &Row) -> String {
    let Seller::Kind(kind) = &row.seller else { panic!("{row:?}") };
    let mut line = format!("{kind} {}", row.model);
    if !row.service.is_usual() {
        line.push_str(&format!(" {}", row.service.name()));
    }
    if row.from_tokens > 0 {
        line.push_str(&format!(" >={}", row.from_tokens));
    }
    if let Some(hours) = &row.hours {
        line.push_str(&format!(" [{}]", hours.text()));
    }
    for component in Component::ALL {
        if let Some(amount) = row.amount(component) {
            line.push_str(&format!(" {}={}", component.name(), amount.text(component.unit())));
        }
    }
    line
}

#[test]
fn every_price_becomes_a_row_that_a_book_takes() {
    let book = ledger::prices::read(&sample().book.to_toml(), &["openai", "dashscope", "deepseek"]).unwrap();
    let lines: Vec<String> = book.rows().iter().map(line).collect();
    let expected = [
        "dashscope qwen-steps input=0.05 output=0.4",
        "dashscope qwen-steps >=256001 input=0.25 output=2",
        "deepseek elsewhere input=0.3 output=1.2",
        "deepseek night input=0.3 output=1.2",
        "deepseek night [mon 00:00-01:00 mon 10:00-24:00 tue 00:00-01:00 tue 10:00-24:00 wed 00:00-01:00 wed 10:00-24:00 \
         thu 00:00-01:00 thu 10:00-24:00 fri 00:00-01:00 fri 10:00-24:00 sat 00:00-24:00 sun 00:00-24:00] input=0.15 output=0.6",
        "openai gpt-fine input=1.000001 output=0",
        "openai gpt-odd-tier input=1 output=1",
        "openai gpt-plain input=0.15 cache_read=0.075 output=0.6 per_search=0.05",
        "openai gpt-plain >=272001 input=0.3 output=0.9",
        "openai gpt-plain batch input=0.075 output=0.3",
        "openai gpt-plain priority input=0.3 output=1.2",
        "openai picture-like input=5 image_output=32",
        "openai poster-like per_image=0.04",
        "openai whisper-like per_second=0.0001",
    ];
    assert_eq!(lines, expected);
    let plain = book.rows().iter().find(|row| &*row.model == "gpt-plain").unwrap();
    assert_eq!(plain.source.as_deref(), Some("https://example.com/prices"));
}

#[test]
fn what_is_no_row_is_told_with_its_name() {
    let imported = sample();
    let told: Vec<String> =
        imported.left_out.iter().map(|out| format!("{}: {}", out.name, out.why)).collect();
    let expected = [
        "deepseek/elsewhere: its cheaper hours cannot be read; its usual price is in the draft",
        "fal_ai/video: its vendor is no kind of ours",
        "gpt-negative: input_cost_per_token is -1e-06, which is no price",
        "gpt-nothing: costs nothing by the list, which may mean that nobody knows; say `free = true` if it is",
        "gpt-odd-tier: flex above 200001 tokens has no price for shorter prompts",
        "gpt-sizes: has no price that a book has a word for",
        "gpt-word: input_cost_per_token is \"cheap\", which is no price",
        "openai/gpt-plain: another entry of the list is the same model",
    ];
    assert_eq!(told, expected);
    assert_eq!(imported.rounded, [("gpt-fine".to_owned(), "input")]);
}

#[test]
fn what_is_no_list_is_refused() {
    for text in ["", "[]", "{\"a\": 1}", "{", "providers: {}"] {
        assert!(read(text).unwrap_err().starts_with("is no price list"), "{text}");
    }
    assert_eq!(read("{}").unwrap(), ImportedPrices::default());
}
