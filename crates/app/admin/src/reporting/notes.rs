//! What a report is without, in words: nothing is missing in silence.

use limits::budget::Zone;
use serde_json::Value;
use store::Report;

/// One sentence for each thing; none of a report that has everything.
pub(crate) fn notes(report: &Report, zone: &Zone) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(before) = report.dropped_before {
        notes.push(format!(
            "hours and days of other time zones than UTC are no longer kept of calls before {}, as reports.keep_hours_days was less: \
             such calls are missing here; whole days with tz=UTC have them",
            zone.shown(before)
        ));
    }
    if report.damaged > 0 {
        notes.push(format!(
            "{} sums of this time are damaged and left out: calls are missing here",
            report.damaged
        ));
    }
    notes
}

/// The notes of what was told as JSON, for who shows it in another way.
pub fn report_notes(told: &Value) -> Vec<&str> {
    told["notes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use limits::budget::Zone;
    use store::Report;

    use super::notes;

    #[test]
    fn what_is_missing_is_said_in_the_time_zone_of_the_report() {
        assert_eq!(notes(&Report::default(), &Zone::utc()), Vec::<String>::new());
        let before = Some(Timestamp::parse("2026-11-01T00:00:00Z").unwrap());
        let report = Report { dropped_before: before, damaged: 2, ..Report::default() };
        let told = notes(&report, &Zone::parse("Asia/Kathmandu").unwrap());
        assert!(told[0].contains("before 2026-11-01T05:45:00+05:45, as reports.keep_hours_days"), "{told:?}");
        assert!(told[1].starts_with("2 sums"), "{told:?}");
    }
}
