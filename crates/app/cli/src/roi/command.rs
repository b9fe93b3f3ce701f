//! The question as the options say it, and the books that its list prices come from.

use anyhow::{Result, anyhow};
use gateway::wall_clock;
use ledger::prices::Book;
use ledger::roi::{Question, RoiProblem, RoiText, RoiTold, SideText};

use super::shown;
use crate::arguments::{DataOptions, RoiOptions};
use crate::say::say;
use crate::{environment, prices};

/// Reckons it and prints the answer.
pub(crate) fn run(data: &DataOptions, options: RoiOptions) -> Result<()> {
    let (json, is_long) = (options.json, options.months.is_some());
    let text = text(options);
    let told = told(&text, &books(data, &text)?).map_err(|problem| in_words_of_options(&problem))?;
    say(&if json { serde_json::to_string(&told)? } else { shown::told(&told, is_long) });
    Ok(())
}

fn told(text: &RoiText, books: &[Book]) -> Result<RoiTold, RoiProblem> {
    Question::read(text, books, wall_clock())?.told()
}

fn text(options: RoiOptions) -> RoiText {
    RoiText {
        tokens: options.tokens,
        from: SideText::parse(&options.from),
        to: SideText::parse(&options.to),
        input_share: options.input_share,
        currency: options.currency,
        months: options.months,
        downtime_hours: options.downtime_hours,
        downtime_cost_per_hour: options.downtime_cost_per_hour,
        developer_hours: options.developer_hours,
        developer_rate: options.developer_rate,
        migration_cost: options.migration_cost,
    }
}

/// Nothing is opened where nothing is looked up. Else the prices in force are heard first, if there are any, and then the
/// catalogue, for models that nobody has configured yet.
fn books(data: &DataOptions, text: &RoiText) -> Result<Vec<Book>> {
    if !text.from.is_bare() && !text.to.is_bare() {
        return Ok(Vec::new());
    }
    let is_there = environment::data_dir(data)?.exists() || environment::variable("BELLWETHER_URL").is_some();
    let own = if is_there { Some(prices::in_force(data)?) } else { None };
    Ok(own.into_iter().chain([prices::of_whole_catalogue(data)?]).collect())
}

/// A field is an option here: what is wrong with `from.price` is wrong with `--from`.
fn in_words_of_options(problem: &RoiProblem) -> anyhow::Error {
    let field = problem.field.split('.').next().unwrap_or_default();
    anyhow!("--{}: {}", field.replace('_', "-"), problem.message)
}
