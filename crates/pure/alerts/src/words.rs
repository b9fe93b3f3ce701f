//! A message as plain text: a line for each alert, the worst first.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::Timestamp;

use crate::notice::{Event, Item, Notice};

/// Alerts that are told one by one in a text; of more the number is told.
const LINES_MAX: usize = 20;

/// One line that says what it is about: the worst by its name, since that may be all that a telephone shows.
pub fn subject(notice: &Notice) -> String {
    let items = worst_first(notice);
    let Some(first) = items.first() else { return String::new() };
    let about = match first.event {
        Event::Test => "a channel for alerts".to_owned(),
        _ => format!("{}: {}", first.rule.title(), first.subject),
    };
    if items.len() == 1 {
        return format!("[{}] {about}", head(first));
    }
    let over = items.iter().filter(|item| item.event == Event::Resolved).count();
    let parts = [(items.len() - over, "bad"), (over, "over")];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
    format!("[{}] {about}, and {} more ({})", head(first), items.len() - 1, parts.join(", "))
}

/// The whole text, at most so many characters.
pub fn text(notice: &Notice, chars_max: usize) -> String {
    let items = worst_first(notice);
    let mut text = format!("{} — {}", subject(notice), notice.service);
    for item in items.iter().take(LINES_MAX) {
        let _ = write!(text, "\n{}", line(item, items.len() > 1));
    }
    if items.len() > LINES_MAX {
        let _ = write!(text, "\nand {} more: bellwether alerts list", items.len() - LINES_MAX);
    }
    let mut advised = BTreeSet::new();
    for item in items.iter().take(LINES_MAX) {
        // Of several by one rule the first is the example.
        if let Some(advice) = item.advice().filter(|_| advised.insert(item.rule)) {
            let head = if items.len() > 1 { format!("{}: ", item.rule.title()) } else { String::new() };
            let _ = write!(text, "\n→ {head}{advice}");
        }
    }
    shortened(&text, chars_max)
}

/// The whole text, where its length is not counted in characters.
pub(crate) fn text_within(notice: &Notice, max: usize, length: fn(&str) -> usize) -> String {
    let mut chars_max = max;
    let mut whole = text(notice, chars_max);
    while length(&whole) > max {
        chars_max = chars_max * 3 / 4;
        whole = text(notice, chars_max);
    }
    whole
}

fn worst_first(notice: &Notice) -> Vec<&Item> {
    let mut items: Vec<&Item> = notice.items.iter().collect();
    items.sort_by_key(|item| (item.event == Event::Resolved, std::cmp::Reverse(item.severity)));
    items
}

fn line(item: &Item, with_head: bool) -> String {
    let head = if with_head { format!("[{}] {}: ", head(item), item.rule.title()) } else { String::new() };
    let since = clock(item.raised_at_ms);
    match item.event {
        Event::Resolved => {
            let until = clock(item.resolved_at_ms.unwrap_or(item.raised_at_ms));
            format!("{head}over after {}, at {until}; it was: {}", lasted(item), item.summary)
        }
        Event::Raised => format!("{head}{}; since {since}", item.summary),
        Event::GoesOn => format!("{head}{}; still so, since {since}", item.summary),
        Event::Test => format!("{head}{}", item.summary),
    }
}

fn head(item: &Item) -> &'static str {
    match item.event {
        Event::Resolved => "resolved",
        Event::Test => "test",
        Event::Raised | Event::GoesOn => item.severity.name(),
    }
}

/// For people anywhere: to the second, and by which clock.
pub(crate) fn clock(ms: i64) -> String {
    let text = Timestamp(ms).rfc3339();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", time.split('.').next().unwrap_or_default())
}

fn lasted(item: &Item) -> String {
    let seconds = item.resolved_at_ms.unwrap_or(item.raised_at_ms).saturating_sub(item.raised_at_ms) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// At most so many characters, with a mark where something is left out.
pub(crate) fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::{subject, text};
    use crate::channels::samples::{item, notice};
    use crate::notice::{Event, Item, Notice};

    #[test]
    fn one_alert_says_what_where_since_when_and_what_to_do() {
        let raised = notice(Event::Raised);
        assert_eq!(subject(&raised), "[critical] provider down: north");
        assert_eq!(
            text(&raised, 1000),
            "[critical] provider down: north — bellwether\n\
             every line of the provider north is left alone; since 2023-11-14 22:10:20 UTC\n\
             → what only it serves cannot be had; `bellwether top` shows why and when it is tried again, \
             `bellwether preflight` tries its keys"
        );
        assert_eq!(
            text(&notice(Event::Resolved), 1000),
            "[resolved] provider down: north — bellwether\n\
             over after 3 min, at 2023-11-14 22:13:20 UTC; it was: every line of the provider north is left alone"
        );
        assert!(
            text(&notice(Event::GoesOn), 1000)
                .contains("left alone; still so, since 2023-11-14 22:10:20 UTC\n→")
        );
        let test = Notice { items: vec![Item::test(Timestamp(0))], ..raised };
        assert_eq!(
            text(&test, 1000),
            "[test] a channel for alerts — bellwether\nthis is a test of the channel: nothing is wrong"
        );
    }

    #[test]
    fn several_begin_with_the_worst_and_many_are_not_all_told() {
        let mut both = notice(Event::Resolved);
        both.items.push(item(Event::Raised, "south"));
        assert_eq!(subject(&both), "[critical] provider down: south, and 1 more (1 bad, 1 over)");
        let told = text(&both, 1000);
        assert!(told.find("left alone; since") < told.find("over after"), "what is bad comes first: {told}");
        assert_eq!(told.matches('→').count(), 1, "{told}");
        let many = (0..25).map(|number| item(Event::Raised, &format!("p{number}"))).collect();
        let many = Notice { items: many, ..both };
        let told = text(&many, 10_000);
        assert!(told.contains("\nand 5 more: bellwether alerts list\n→ provider down: "), "{told}");
        assert_eq!(told.matches('→').count(), 1, "{told}");
        assert_eq!(text(&many, 50).chars().count(), 50);
    }
}
