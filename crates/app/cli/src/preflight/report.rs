//! What was looked at, and what came of it.

use serde_json::{Value, json};

use crate::table::table;

const HEADINGS: [&str; 4] = ["CHECK", "OF", "RESULT", "DETAIL"];

/// What came of one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should be.
    Good,
    /// Not looked at.
    Skipped,
    /// Worth knowing; calls are served.
    Warning,
    /// Calls would fail, or nobody would see it.
    Bad,
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// One look.
#[derive(Debug)]
pub(super) struct Finding {
    check: &'static str,
    subject: String,
    verdict: Verdict,
    detail: String,
}

/// All looks, in their order.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
    /// Tokens that were used.
    pub(super) tokens: u64,
}

impl Report {
    pub(super) fn add(
        &mut self,
        check: &'static str,
        subject: impl Into<String>,
        verdict: Verdict,
        detail: impl Into<String>,
    ) {
        self.findings.push(Finding { check, subject: subject.into(), verdict, detail: detail.into() });
    }

    /// How many looks ended so.
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// A table, and the verdict.
    pub(super) fn text(&self) -> String {
        let rows: Vec<[String; 4]> = self
            .findings
            .iter()
            .map(|finding| {
                let verdict = finding.verdict.name().to_owned();
                [finding.check.to_owned(), finding.subject.clone(), verdict, finding.detail.clone()]
            })
            .collect();
        let verdict = match (self.count(Verdict::Bad), self.count(Verdict::Warning)) {
            (0, 0) => "fit for callers".to_owned(),
            (0, warnings) => format!("fit for callers; to look at: {warnings}"),
            (bad, _) => format!("NOT fit for callers; bad: {bad}"),
        };
        let cost = if self.tokens > 0 { format!(" ({} tokens used)", self.tokens) } else { String::new() };
        format!("{}\n\n{verdict}{cost}", table(HEADINGS, &rows))
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        let findings = self.findings.iter().map(|finding| {
            json!({
                "check": finding.check,
                "of": finding.subject,
                "result": finding.verdict.name(),
                "detail": finding.detail,
            })
        });
        json!({
            "ok": self.count(Verdict::Bad) == 0,
            "warnings": self.count(Verdict::Warning),
            "tokens": self.tokens,
            "checks": findings.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Verdict};

    #[test]
    fn the_worst_decides() {
        let mut report = Report::default();
        report.add("ready", "server", Verdict::Good, "");
        assert!(report.text().ends_with("\n\nfit for callers"));
        report.add("switches", "a", Verdict::Warning, "off");
        assert!(report.text().ends_with("fit for callers; to look at: 1"));
        report.tokens = 12;
        report.add("model", "m", Verdict::Bad, "502");
        assert!(report.text().ends_with("NOT fit for callers; bad: 1 (12 tokens used)"));
        assert_eq!(
            (&report.json()["ok"], &report.json()["checks"][1]["result"]),
            (&false.into(), &"warning".into())
        );
    }
}
