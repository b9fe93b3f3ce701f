//! A message as plain text: a line for each alert, the worst first.

use std::fmt::Write as _;

use domain::Timestamp;

use crate::notice::{Event, Item, Notice};

/// Alerts that are told one by one in a text; of more the number is told.
const LINES_MAX: usize = 20;

/// One line that says what it is about.
pub fn subject(notice: &Notice) -> String {
    match notice.items.as_slice() {
        [only] => format!("[{}] {}: {}", head(only), only.rule.title(), only.subject),
        items => {
            let count = |event: Event| items.iter().filter(|item| item.event == event).count();
            let bad = count(Event::Raised) + count(Event::GoesOn);
            let over = count(Event::Resolved);
            let parts = [(bad, "bad"), (over, "over")];
            let parts = parts.iter().filter(|(count, _)| *count > 0);
            let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
            format!("[{}] {} alerts: {}", worst(items), items.len(), parts.join(", "))
        }
    }
}

/// The whole text, at most so many characters.
pub fn text(notice: &Notice, chars_max: usize) -> String {
    let mut items: Vec<&Item> = notice.items.iter().collect();
    items.sort_by_key(|item| (item.event == Event::Resolved, std::cmp::Reverse(item.severity)));
    let mut text = format!("{} — {}", subject(notice), notice.service);
    for item in items.iter().take(LINES_MAX) {
        let _ = write!(text, "\n{}", line(item, items.len() > 1));
    }
    if items.len() > LINES_MAX {
        let _ = write!(text, "\nand {} more: bellwether alerts list", items.len() - LINES_MAX);
    }
    shortened(&text, chars_max)
}

fn line(item: &Item, with_head: bool) -> String {
    let head = if with_head { format!("[{}] {}: ", head(item), item.rule.title()) } else { String::new() };
    match item.event {
        Event::Resolved => format!("{head}{}; over after {}", item.summary, lasted(item)),
        Event::GoesOn => format!("{head}{}; since {}", item.summary, Timestamp(item.raised_at_ms).rfc3339()),
        Event::Raised | Event::Test => format!("{head}{}", item.summary),
    }
}

fn head(item: &Item) -> &'static str {
    match item.event {
        Event::Resolved => "resolved",
        Event::Test => "test",
        Event::Raised | Event::GoesOn => item.severity.name(),
    }
}

fn worst(items: &[Item]) -> &'static str {
    let bad = items.iter().filter(|item| item.event != Event::Resolved);
    bad.max_by_key(|item| item.severity).map_or("resolved", head)
}

fn lasted(item: &Item) -> String {
    let seconds = item.resolved_at_ms.unwrap_or(item.raised_at_ms).saturating_sub(item.raised_at_ms) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
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
    use super::{subject, text};
    use crate::channels::samples::{item, notice};
    use crate::notice::{Event, Notice};

    #[test]
    fn one_alert_is_its_own_subject() {
        let raised = notice(Event::Raised);
        assert_eq!(subject(&raised), "[critical] provider down: north");
        assert_eq!(
            text(&raised, 1000),
            "[critical] provider down: north — bellwether\nevery line of the provider north is left alone"
        );
        assert_eq!(
            text(&notice(Event::Resolved), 1000),
            "[resolved] provider down: north — bellwether\nevery line of the provider north is left alone; over after 3 min"
        );
    }

    #[test]
    fn several_are_counted_and_many_are_not_all_told() {
        let mut both = notice(Event::Resolved);
        both.items.push(item(Event::Raised, "south"));
        assert_eq!(subject(&both), "[critical] 2 alerts: 1 bad, 1 over");
        let told = text(&both, 1000);
        assert!(told.find("south") < told.find("north"), "what is bad comes first: {told}");
        let many = (0..25).map(|number| item(Event::Raised, &format!("p{number}"))).collect();
        let many = Notice { items: many, ..both };
        assert!(text(&many, 10_000).ends_with("and 5 more: bellwether alerts list"));
        assert_eq!(text(&many, 50).chars().count(), 50);
    }
}
