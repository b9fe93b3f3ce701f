//! The answer as text for people.

use ledger::roi::{RoiTold, SideTold, SpentTold};

use crate::table::table;

/// Amounts with the sign that people know their currency by.
struct Amounts<'c>(&'c str);

impl Amounts<'_> {
    fn text(&self, amount: &str) -> String {
        let (sign, size) = amount.strip_prefix('-').map_or(("", amount), |size| ("-", size));
        match self.0 {
            "USD" => format!("{sign}${size}"),
            "CNY" => format!("{sign}¥{size}"),
            code => format!("{sign}{size} {code}"),
        }
    }
}

/// All of it; what comes of several months only where that says more than one.
pub(super) fn told(told: &RoiTold, is_long: bool) -> String {
    let amounts = Amounts(&told.currency);
    let is_split = [&told.from, &told.to].iter().any(|side| side.input != side.output);
    let share = if is_split { format!(", {} of them prompt", told.input_share) } else { String::new() };
    let sides = [side("now", &told.from, &amounts), side("then", &told.to, &amounts)];
    let mut lines = vec![
        format!("{} tokens a month{share}", told.tokens_text),
        String::new(),
        table(["", "MODEL", "A MILLION TOKENS", "A MONTH"], &sides),
        String::new(),
        line("saved", &saved(told, &amounts)),
    ];
    if told.downtime.cost != "0" {
        let text =
            format!("{} a month: {}", amounts.text(&told.downtime.cost), spent(&told.downtime, &amounts));
        lines.push(line("no downtime", &text));
    }
    if told.once != "0" {
        lines.push(line("the change", &format!("{} once{}", amounts.text(&told.once), once(told, &amounts))));
    }
    if told.once != "0" || told.downtime.cost != "0" || is_long {
        let part = told.return_percent.as_ref();
        let part = part.map_or_else(String::new, |percent| format!(", {percent} % of what the change costs"));
        lines.push(line(
            &format!("in {} months", told.months),
            &format!("{} gained{part}", amounts.text(&told.gain)),
        ));
    }
    if told.once != "0" {
        let months = told.paid_back_months.as_ref();
        lines.push(line(
            "paid back",
            &months.map_or_else(|| "never".to_owned(), |months| format!("after {months} months")),
        ));
    }
    lines.join("\n")
}

fn line(name: &str, text: &str) -> String {
    format!("{name:<13}  {text}")
}

fn side(when: &str, side: &SideTold, amounts: &Amounts<'_>) -> [String; 4] {
    let price = if side.input == side.output {
        amounts.text(&side.input)
    } else {
        format!("{} prompt, {} answer", amounts.text(&side.input), amounts.text(&side.output))
    };
    let list = match side.list_version {
        None => String::new(),
        Some(0) => " (list price of the catalogue)".to_owned(),
        Some(version) => format!(" (list price, version {version})"),
    };
    [when.to_owned(), side.model.clone(), format!("{price}{list}"), amounts.text(&side.cost)]
}

fn saved(told: &RoiTold, amounts: &Amounts<'_>) -> String {
    let percent = told.saved_percent.as_ref().map_or_else(String::new, |percent| format!(", {percent} %"));
    let note = if told.saved.starts_with('-') { ": the change costs more" } else { "" };
    format!("{} a month{percent}{note}", amounts.text(&told.saved))
}

fn once(told: &RoiTold, amounts: &Amounts<'_>) -> String {
    let work = (told.developers.cost != "0").then(|| spent(&told.developers, amounts));
    let rest = (told.migration_cost != "0").then(|| amounts.text(&told.migration_cost));
    let parts: Vec<String> = [work, rest].into_iter().flatten().collect();
    format!(": {}", parts.join(", and "))
}

fn spent(spent: &SpentTold, amounts: &Amounts<'_>) -> String {
    format!("{} hours at {}", spent.hours, amounts.text(&spent.rate))
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use ledger::roi::{Question, RoiText, RoiTold, SideText};

    use super::told;

    fn question(from: &str, to: &str, change: impl Fn(&mut RoiText)) -> RoiTold {
        let mut text = RoiText {
            tokens: "50M".to_owned(),
            from: SideText::parse(from),
            to: SideText::parse(to),
            ..RoiText::default()
        };
        change(&mut text);
        Question::read(&text, &[], Timestamp(0)).unwrap().told().unwrap()
    }

    #[test]
    fn two_prices_are_told_in_one_look() {
        let shown = told(&question("gpt-4.1=8", "deepseek-v3.2=0.42", |_| ()), false);
        let expected = "50M tokens a month\n\
            \n      MODEL          A MILLION TOKENS  A MONTH\
            \nnow   gpt-4.1        $8                $400\
            \nthen  deepseek-v3.2  $0.42             $21\
            \n\
            \nsaved          $379 a month, 94.75 %";
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_whole_change_is_told_with_what_it_is_made_of() {
        let shown = told(
            &question("a=2/8", "b=0.42", |text| {
                let said = |text: &str| Some(text.to_owned());
                (text.downtime_hours, text.downtime_cost_per_hour) = (said("2.5"), said("100"));
                (text.developer_hours, text.developer_rate) = (said("40"), said("80"));
                text.migration_cost = said("300");
                text.currency = said("CNY");
            }),
            false,
        );
        let expected = "50M tokens a month, 0.75 of them prompt\n\
            \n      MODEL  A MILLION TOKENS      A MONTH\
            \nnow   a      ¥2 prompt, ¥8 answer  ¥175\
            \nthen  b      ¥0.42                 ¥21\
            \n\
            \nsaved          ¥154 a month, 88 %\
            \nno downtime    ¥250 a month: 2.5 hours at ¥100\
            \nthe change     ¥3500 once: 40 hours at ¥80, and ¥300\
            \nin 12 months   ¥1348 gained, 38.51 % of what the change costs\
            \npaid back      after 8.67 months";
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_costs_more_is_said_to() {
        let shown = told(
            &question("a=0.42", "b=8", |text| {
                text.migration_cost = Some("5".to_owned());
                text.currency = Some("VND".to_owned());
            }),
            false,
        );
        assert!(
            shown.contains("saved          -379 VND a month, -1804.76 %: the change costs more"),
            "{shown}"
        );
        assert!(shown.contains("the change     5 VND once: 5 VND"), "{shown}");
        assert!(shown.ends_with("paid back      never"), "{shown}");
    }
}
