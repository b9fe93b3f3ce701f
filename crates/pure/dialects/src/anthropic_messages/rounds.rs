//! `usage.iterations`: what each round of an answer has used. The rounds of the model that answers stand in the counts at the
//! top as well; the others stand nowhere else.
//!
//! At the top are the tokens of the executor alone (platform.claude.com/docs, advisor tool), or of the attempt whose message is
//! returned (refusals and fallback): then an attempt that was declined is paid for besides, if it had said anything.

use domain::{ModelUsage, Usage};

use super::counts::Counts;
use crate::canonical::Flaw;
use crate::json::Item;

/// So many models are told apart. What others used is counted for the one that answers.
const MODELS_MAX: usize = 16;

/// The rounds of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rounds {
    /// Paid for besides, by the model that answers: summing up what no longer fits.
    besides: Usage,
    /// Rounds of other models, each model once.
    others: Vec<ModelUsage>,
    /// The model that answered in place of the one that was asked.
    fallback: Option<Box<str>>,
}

impl Rounds {
    pub(super) fn read(items: &[Item<'_>]) -> Result<Self, Flaw> {
        let mut rounds = Self::default();
        let mut of_turn = Vec::new();
        for item in items {
            let mut fields = item.fields()?;
            let kind = fields.string("type")?.unwrap_or_default();
            let model = fields.string("model")?.map(Box::from);
            let mut counts = Counts::default();
            counts.add(&mut fields)?;
            let usage = counts.usage().unwrap_or_default();
            match kind.as_ref() {
                "compaction" => rounds.besides = rounds.besides.plus(usage),
                "advisor_message" => rounds.add(model, usage),
                "fallback_message" => rounds.fallback = model,
                "message" => of_turn.push((model, usage)),
                _ => {}
            }
        }
        if rounds.fallback.is_some() {
            let is_declined = |(model, usage): &(Option<Box<str>>, Usage)| {
                *model != rounds.fallback && usage.output_total() > 0
            };
            let declined: Vec<_> = of_turn.into_iter().filter(is_declined).collect();
            declined.into_iter().for_each(|(model, usage)| rounds.add(model, usage));
        }
        Ok(rounds)
    }

    fn add(&mut self, model: Option<Box<str>>, usage: Usage) {
        if let Some(known) = self.others.iter_mut().find(|known| known.model == model) {
            known.usage = known.usage.plus(usage);
        } else if self.others.len() < MODELS_MAX {
            self.others.push(ModelUsage { model, usage });
        } else {
            self.besides = self.besides.plus(usage);
        }
    }

    /// Everything, `top` being the counts at the top.
    pub(super) fn total(&self, top: Usage) -> Usage {
        self.others.iter().fold(top.plus(self.besides), |sum, part| sum.plus(part.usage))
    }

    /// The same by model, the one that answers first; nothing where it alone is named.
    pub(super) fn by_model(&self, top: Usage) -> Vec<ModelUsage> {
        if self.others.is_empty() && self.fallback.is_none() {
            return Vec::new();
        }
        let answers = ModelUsage { model: self.fallback.clone(), usage: top.plus(self.besides) };
        std::iter::once(answers).chain(self.others.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::{ModelUsage, Usage};

    use super::Rounds;
    use crate::json::Item;

    fn spent(input: u64, cached_input: u64, output: u64) -> Usage {
        Usage { input, cached_input, output, ..Usage::default() }
    }

    fn by(model: &str, usage: Usage) -> ModelUsage {
        ModelUsage { model: (!model.is_empty()).then(|| model.into()), usage }
    }

    fn read(rounds: &str) -> Rounds {
        Rounds::read(&Item::of_body(rounds.as_bytes()).unwrap().list().unwrap()).unwrap()
    }

    /// The parts are all of the usage, whatever stands in it.
    #[track_caller]
    fn check(rounds: &str, top: Usage, parts: &[ModelUsage], total: Usage) {
        let read = read(rounds);
        assert_eq!(read.by_model(top), parts, "{rounds}");
        assert_eq!(read.total(top), total, "{rounds}");
        let sum = parts.iter().fold(Usage::default(), |sum, part| sum.plus(part.usage));
        assert!(parts.is_empty() || sum == total, "{rounds}");
    }

    #[test]
    fn compaction_is_paid_besides() {
        let rounds = r#"[
            {"type":"compaction","input_tokens":100,"output_tokens":10,"cache_read_input_tokens":3,"cache_creation_input_tokens":0},
            {"type":"message","input_tokens":5,"output_tokens":7,"cache_read_input_tokens":0,"cache_creation_input_tokens":0}]"#;
        check(rounds, spent(5, 0, 7), &[], spent(105, 3, 17));
    }

    #[test]
    fn an_advisor_is_counted_as_the_model_it_is() {
        let rounds = r#"[
            {"type":"message","input_tokens":412,"output_tokens":89},
            {"type":"advisor_message","model":"wise","input_tokens":823,"output_tokens":1612},
            {"type":"message","input_tokens":1348,"cache_read_input_tokens":412,"output_tokens":442},
            {"type":"advisor_message","model":"wise","input_tokens":7,"output_tokens":8}]"#;
        let parts = [by("", spent(1760, 412, 531)), by("wise", spent(830, 0, 1620))];
        check(rounds, spent(1760, 412, 531), &parts, spent(2590, 412, 2151));
    }

    #[test]
    fn a_fallback_answers_and_a_declined_attempt_counts_if_it_said_anything() {
        let rounds = |declined: u64| {
            format!(
                r#"[
                {{"type":"message","model":"first","input_tokens":9,"output_tokens":{declined}}},
                {{"type":"message","model":"second","input_tokens":10,"output_tokens":8}},
                {{"type":"fallback_message","model":"second","input_tokens":20,"output_tokens":12}}]"#
            )
        };
        check(&rounds(0), spent(30, 0, 20), &[by("second", spent(30, 0, 20))], spent(30, 0, 20));
        let parts = [by("second", spent(30, 0, 20)), by("first", spent(9, 0, 4))];
        check(&rounds(4), spent(30, 0, 20), &parts, spent(39, 0, 24));
    }

    #[test]
    fn of_more_models_than_are_told_apart_nothing_is_lost() {
        let advice: Vec<String> = (0..20)
            .map(|at| {
                format!(r#"{{"type":"advisor_message","model":"m{at}","input_tokens":1,"output_tokens":1}}"#)
            })
            .collect();
        let (rounds, top) = (read(&format!("[{}]", advice.join(","))), spent(1, 0, 1));
        assert_eq!(rounds.by_model(top)[0], by("", spent(5, 0, 5)));
        assert_eq!((rounds.by_model(top).len(), rounds.total(top)), (17, spent(21, 0, 21)));
    }
}
