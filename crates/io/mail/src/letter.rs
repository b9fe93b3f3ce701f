//! A letter as text and addresses.

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};

/// A plain text for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Who it is from: an address, perhaps with a name before it.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// What it is about, in one line.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Whether a text is an address, perhaps with a name before it: `Ops <ops@example.com>`.
pub fn is_address(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

impl Letter {
    /// As it is handed in; `Err` says what of it cannot be written.
    pub(crate) fn message(&self) -> Result<Message, String> {
        let mailbox = |text: &String| {
            text.parse::<Mailbox>().map_err(|error| format!("{text:?} is no address: {error}"))
        };
        let mut builder = Message::builder().from(mailbox(&self.from)?).subject(&self.subject);
        for to in &self.to {
            builder = builder.to(mailbox(to)?);
        }
        builder
            .header(ContentType::TEXT_PLAIN)
            .body(self.text.clone())
            .map_err(|error| format!("it cannot be written: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Letter, is_address};

    #[test]
    fn a_letter_is_plain_text_and_its_subject_cannot_add_headers() {
        let letter = Letter {
            from: "Bellwether <gateway@example.com>".to_owned(),
            to: vec!["ops@example.com".to_owned(), "boss@example.com".to_owned()],
            subject: "down\r\nBcc: everybody@example.com".to_owned(),
            text: "北 is down".to_owned(),
        };
        let written = String::from_utf8(letter.message().unwrap().formatted()).unwrap();
        assert!(written.contains("To: ops@example.com, boss@example.com\r\n"), "{written}");
        assert!(written.contains("Content-Type: text/plain; charset=utf-8\r\n"), "{written}");
        assert!(!written.contains("\r\nBcc:"), "{written}");
    }

    #[test]
    fn what_is_no_address_is_told() {
        assert!(is_address("ops@example.com") && is_address("Ops <ops@example.com>"));
        assert!(!is_address("ops") && !is_address("") && !is_address("a@b@c"));
        let letter =
            Letter { from: "nobody".to_owned(), to: Vec::new(), subject: String::new(), text: String::new() };
        assert!(letter.message().unwrap_err().starts_with("\"nobody\" is no address"));
    }
}
