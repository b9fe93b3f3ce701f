//! Calls and their outcomes, brought together: providers refuse a call without its outcome right behind it, an outcome
//! without its call, and an id that is used twice.

use std::borrow::Cow;
use std::collections::HashMap;

use super::flaw::Flaw;
use super::loss::{Feature, Losses};
use super::part::{Call, Outcome, Part, Text};
use super::prompt::{Prompt, Speaker, Turn};

/// Said for a tool that was never heard of again.
const NO_OUTCOME: &str = "No result was recorded for this call.";

impl Prompt {
    /// The prompt with every call answered in the user's turn right behind it, in the order of the calls, and nothing else
    /// answered anywhere. Turns added at the end change nothing before the last call.
    pub fn paired(&self, losses: &mut Losses) -> Result<Cow<'_, Self>, Flaw> {
        if self.is_paired() {
            return Ok(Cow::Borrowed(self));
        }
        let mut paired = Self { turns: Vec::with_capacity(self.turns.len()), ..self.clone() };
        let mut pairing = Pairing { losses, used: HashMap::new() };
        let mut rest = self.turns.as_slice();
        while let Some((turn, behind)) = rest.split_first() {
            rest = behind;
            if turn.speaker != Speaker::Model {
                let turn = pairing.without_orphans(turn)?;
                paired.turns.push(turn);
                continue;
            }
            let until = rest.iter().position(|turn| turn.speaker == Speaker::Model).unwrap_or(rest.len());
            let (between, behind) = rest.split_at(until);
            rest = behind;
            pairing.round(turn, between, &mut paired.turns)?;
        }
        Ok(Cow::Owned(paired))
    }

    fn is_paired(&self) -> bool {
        let mut known = std::collections::HashSet::new();
        let mut open: Vec<&str> = Vec::new();
        for turn in &self.turns {
            let outcomes = turn.parts.iter().map_while(|part| match part {
                Part::Outcome(outcome) => Some(outcome.call_id.as_str()),
                _ => None,
            });
            let outcomes: Vec<&str> = outcomes.collect();
            let all = turn.parts.iter().filter(|part| matches!(part, Part::Outcome(_))).count();
            if outcomes != open
                || all != outcomes.len()
                || (turn.speaker != Speaker::User && !outcomes.is_empty())
            {
                return false;
            }
            open.clear();
            for part in &turn.parts {
                if let Part::Call(call) = part {
                    if turn.speaker != Speaker::Model || !known.insert(call.id.as_str()) {
                        return false;
                    }
                    open.push(&call.id);
                }
            }
        }
        open.is_empty()
    }
}

struct Pairing<'a> {
    losses: &'a mut Losses,
    /// How often an id has been used.
    used: HashMap<String, u32>,
}

impl Pairing<'_> {
    /// One turn of the model, and what is said until its next.
    fn round(&mut self, turn: &Turn, between: &[Turn], out: &mut Vec<Turn>) -> Result<(), Flaw> {
        let mut outcomes: Vec<Outcome> = between
            .iter()
            .flat_map(|turn| &turn.parts)
            .filter_map(|part| match part {
                Part::Outcome(outcome) => Some(outcome.clone()),
                _ => None,
            })
            .collect();
        let mut answers = Vec::new();
        let mut parts = Vec::with_capacity(turn.parts.len());
        for part in &turn.parts {
            let Part::Call(call) = part else {
                parts.push(part.clone());
                continue;
            };
            let found = outcomes.iter().position(|outcome| outcome.call_id == call.id);
            let outcome = match found {
                Some(found) => outcomes.remove(found),
                None => self.missing(call)?,
            };
            let id = self.unused(&call.id);
            answers.push(Part::Outcome(Outcome { call_id: id.clone(), ..outcome }));
            parts.push(Part::Call(Call { id, ..call.clone() }));
        }
        out.push(Turn { parts, ..turn.clone() });
        // What is said besides follows in its order; orphans become words where they stood.
        let mut said = Vec::new();
        for turn in between {
            let mut parts = Vec::with_capacity(turn.parts.len());
            for part in &turn.parts {
                match part {
                    Part::Outcome(outcome) => {
                        if let Some(place) = outcomes.iter().position(|orphan| orphan == outcome) {
                            outcomes.remove(place);
                            parts.extend(self.orphan(outcome)?);
                        }
                    }
                    other => parts.push(other.clone()),
                }
            }
            if !parts.is_empty() {
                said.push(Turn { parts, ..turn.clone() });
            }
        }
        if !answers.is_empty() {
            match said.first_mut() {
                Some(first) if first.speaker == Speaker::User => {
                    first.parts.splice(0..0, answers);
                }
                _ => out.push(Turn { speaker: Speaker::User, parts: answers, name: None }),
            }
        }
        for turn in said {
            match out.last_mut() {
                Some(last) if last.speaker == turn.speaker && last.name == turn.name => {
                    last.parts.extend(turn.parts);
                }
                _ => out.push(turn),
            }
        }
        Ok(())
    }

    fn without_orphans(&mut self, turn: &Turn) -> Result<Turn, Flaw> {
        let mut parts = Vec::with_capacity(turn.parts.len());
        for part in &turn.parts {
            match part {
                Part::Outcome(outcome) => parts.extend(self.orphan(outcome)?),
                other => parts.push(other.clone()),
            }
        }
        Ok(Turn { parts, ..turn.clone() })
    }

    fn orphan(&mut self, outcome: &Outcome) -> Result<Vec<Part>, Flaw> {
        let what = format!("a result of the call '{}', which nobody made,", outcome.call_id);
        self.losses.lose_saying(Feature::OrphanOutcome, "", &what)?;
        let head = Part::Text(Text::plain(format!("Result of a tool call ({}):", outcome.call_id)));
        Ok(std::iter::once(head).chain(outcome.parts.iter().cloned()).collect())
    }

    fn missing(&mut self, call: &Call) -> Result<Outcome, Flaw> {
        let what = format!("the call '{}', which has no result,", call.id);
        self.losses.lose_saying(Feature::MissingOutcome, "", &what)?;
        Ok(Outcome {
            call_id: call.id.clone(),
            parts: vec![Part::Text(Text::plain(NO_OUTCOME))],
            is_error: true,
            is_custom: call.is_custom,
            mark: None,
        })
    }

    /// The id itself the first time; some hosts number their calls anew in every turn.
    fn unused(&mut self, id: &str) -> String {
        let times = self.used.entry(id.to_owned()).or_default();
        *times += 1;
        if *times == 1 { id.to_owned() } else { format!("{id}_{times}") }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::{Call, Losses, Outcome, Part, Prompt, Speaker, Text, Turn};

    /// `m:` model, `u:` user, `i:` instructions; then calls `+id`, outcomes `-id`, and words.
    fn prompt(turns: &[&str]) -> Prompt {
        let turn = |text: &&str| {
            let (speaker, parts) = text.split_once(':').unwrap();
            let speaker = match speaker {
                "m" => Speaker::Model,
                "u" => Speaker::User,
                _ => Speaker::Instructions,
            };
            let part = |word: &str| match word.split_at(1) {
                ("+", id) => Part::Call(Call { id: id.to_owned(), ..Call::default() }),
                ("-", id) => Part::Outcome(Outcome { call_id: id.to_owned(), ..Outcome::default() }),
                _ => Part::Text(Text::plain(word)),
            };
            Turn { speaker, parts: parts.split_whitespace().map(part).collect(), name: None }
        };
        Prompt { turns: turns.iter().map(turn).collect(), ..Prompt::default() }
    }

    fn written(prompt: &Prompt) -> Vec<String> {
        let word = |part: &Part| match part {
            Part::Call(call) => format!("+{}", call.id),
            Part::Outcome(outcome) if outcome.is_error => format!("-{}!", outcome.call_id),
            Part::Outcome(outcome) => format!("-{}", outcome.call_id),
            Part::Text(text) if text.text.starts_with("Result of") => "orphan".to_owned(),
            Part::Text(text) => text.text.clone(),
            _ => unreachable!("not made here"),
        };
        let turn = |turn: &Turn| {
            let speaker = match turn.speaker {
                Speaker::Model => "m",
                Speaker::User => "u",
                Speaker::Instructions => "i",
            };
            format!("{speaker}:{}", turn.parts.iter().map(word).collect::<Vec<_>>().join(" "))
        };
        prompt.turns.iter().map(turn).collect()
    }

    #[test]
    fn what_is_paired_is_left_alone() {
        let prompt = prompt(&["i:be", "u:hi", "m:ok +1 +2", "u:-1 -2 more", "m:done"]);
        assert!(matches!(prompt.paired(&mut Losses::default()), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn what_is_not_is_put_right() {
        let check = |turns: &[&str], expected: &[&str], warnings: &[&str]| {
            let mut losses = Losses::default();
            let prompt = prompt(turns);
            let paired = prompt.paired(&mut losses).unwrap();
            assert_eq!(written(&paired), expected, "{turns:?}");
            assert_eq!(losses.warnings(), warnings, "{turns:?}");
            assert!(paired.is_paired(), "{turns:?}");
        };
        check(&["u:a", "m:+1 +2", "u:b -2 -1"], &["u:a", "m:+1 +2", "u:-1 -2 b"], &[]);
        check(&["m:+1", "i:now", "u:-1 b"], &["m:+1", "u:-1", "i:now", "u:b"], &[]);
        check(&["m:+1", "i:now", "u:-1"], &["m:+1", "u:-1", "i:now"], &[]);
        check(&["m:+1 +2", "u:-1"], &["m:+1 +2", "u:-1 -2!"], &["tool_result_missing"]);
        check(&["m:+1"], &["m:+1", "u:-1!"], &["tool_result_missing"]);
        check(&["u:-9 a", "m:b"], &["u:orphan a", "m:b"], &["tool_result_orphan"]);
        check(&["m:+1", "u:-1 -9 a"], &["m:+1", "u:-1 orphan a"], &["tool_result_orphan"]);
        check(&["m:+1", "u:-1", "m:+1", "u:-1"], &["m:+1", "u:-1", "m:+1_2", "u:-1_2"], &[]);
        check(&["m:+1 +1", "u:-1 -1"], &["m:+1 +1_2", "u:-1 -1_2"], &[]);
    }

    #[test]
    fn who_wants_nothing_lost_is_told_which_call_it_is_about() {
        for (turns, told) in [
            (["u:a", "m:+1 +2", "u:-1"], "the call '2', which has no result, cannot"),
            (["u:a", "m:b", "u:-9"], "a result of the call '9', which nobody made, cannot"),
        ] {
            let flaw = prompt(&turns).paired(&mut Losses::new(true)).unwrap_err();
            assert!(flaw.message.starts_with(told), "{}", flaw.message);
        }
    }

    #[test]
    fn earlier_turns_stay_when_later_ones_come() {
        let turns = ["u:a", "m:+1", "u:-1 -1", "m:+1 +2", "i:x", "u:-2 -1", "m:end", "u:b"];
        let whole = prompt(&turns);
        let whole = written(&whole.paired(&mut Losses::default()).unwrap());
        // Cut where an answer is awaited.
        for cut in [1, 3, 6, 8] {
            let begun = prompt(&turns[..cut]);
            let begun = written(&begun.paired(&mut Losses::default()).unwrap());
            assert_eq!(begun, whole[..begun.len()], "{cut}");
        }
    }
}
