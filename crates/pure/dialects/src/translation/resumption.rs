//! A stream that outlives its source: the reader is replaced, the writer stays, and the caller sees one answer.

use domain::Usage;

use super::back_map::BackMap;
use super::keep::Keep;
use super::rescue::{Repeats, Rescue, Segment, Standing};
use super::stream::{Source, StreamTranslation};
use crate::Dialect;

impl StreamTranslation {
    /// Made ready for another source to go on with: what could not be taken back is held as long as it must be.
    #[must_use]
    pub fn with_rescue(mut self, rescue: Rescue) -> Self {
        self.keep = Some(Box::new(Keep::new(rescue)));
        self
    }

    /// What can be done if the source breaks now, or has broken.
    pub fn standing(&self) -> Standing {
        match &self.keep {
            _ if self.state.finish.is_some() && self.state.fault.is_none() => Standing::Finished,
            _ if self.state.finish.is_some() => Standing::Lost,
            Some(keep) if keep.is_lost() => Standing::Lost,
            Some(keep) if keep.has_told() => Standing::Told,
            None if self.state.parts > 0 => Standing::Lost,
            Some(_) | None => Standing::Untold,
        }
    }

    /// The text that the caller has, and that another source is to go on with. It does not end in white space, unless in a
    /// flood of it, nor is it white space alone: what stands between a text and a thought behind it binds nobody.
    pub fn told(&self) -> &str {
        self.keep.as_ref().map_or("", |keep| keep.told().trim_end())
    }

    /// The source broke: what it held back is dropped, and what it used is kept. `estimate` counts what the model wrote where
    /// the source has told nothing of it: some count the prompt first, and the answer only at its end. To be called for every
    /// source that breaks, the last one included, or its usage is missing in the sum.
    pub fn break_off(&mut self, estimate: impl FnOnce(&str) -> Usage) -> Segment {
        let model = self.keep.as_mut().and_then(|keep| keep.break_off());
        let said = std::mem::take(&mut self.state.said);
        let is_counted = said.is_empty() || self.state.said_when_counted > 0;
        let usage = match self.state.spent.now() {
            Some(told) if is_counted => told,
            Some(told) => {
                let written = estimate(&said).output_total();
                let output = written.saturating_sub(told.reasoning.saturating_add(told.audio_output));
                Usage { output: output.max(told.output), is_estimated: true, ..told }
            }
            None if said.is_empty() => Usage::default(),
            None => estimate(&said),
        };
        let usage_by_model = self.state.spent.now_by_model().to_vec();
        self.state.spent.turn(usage);
        Segment { model, usage, usage_by_model, said_bytes: said.len() }
    }

    /// The next source's bytes follow. To be called after [`Self::break_off`], while the answer is untold or told.
    pub fn go_on(&mut self, from: Dialect, back_map: BackMap, repeats: Repeats) {
        self.keep.get_or_insert_with(|| Box::new(Keep::new(Rescue::default()))).go_on(repeats);
        self.replace_source(from, back_map);
    }

    /// The same, but the caller is shown that the answer begins anew, and then gets all of it. What he was told before is
    /// void. To be called after [`Self::break_off`], as long as no finish has come.
    pub fn restart_visibly(&mut self, from: Dialect, back_map: BackMap) {
        self.keep.get_or_insert_with(|| Box::new(Keep::new(Rescue::default()))).restart();
        self.is_to_restart = true;
        self.replace_source(from, back_map);
    }

    /// The beginning need not be held back any longer: what is held only for its sake leaves.
    pub fn let_go(&mut self) -> String {
        let mut out = String::new();
        let Self { writer, keep, state, is_to_restart, .. } = self;
        let mut told = Vec::new();
        if let Some(keep) = keep {
            keep.let_go(&mut told);
        }
        for event in told {
            state.tell_kept(&event, writer.as_mut(), is_to_restart, &mut out);
        }
        out
    }

    /// How much of the answer is kept for another source to go on with, and held back.
    pub fn kept_bytes(&self) -> usize {
        self.keep.as_ref().map_or(0, |keep| keep.kept_bytes())
    }

    /// What the sources before the present one have used.
    pub fn usage_before(&self) -> Option<Usage> {
        self.state.spent.before()
    }

    /// What the present source has told of its usage.
    pub fn usage_of_source(&self) -> Option<Usage> {
        self.state.spent.now()
    }

    /// Whether the source does not go with what was told: it must be broken off, and nothing of what does not fit was told.
    pub fn has_misfit(&self) -> bool {
        self.keep.as_ref().is_some_and(|keep| keep.has_misfit())
    }

    fn replace_source(&mut self, from: Dialect, back_map: BackMap) {
        self.state.dripped_before = self.state.dripped_before.wrapping_add(self.source.dripped_bytes());
        self.source = Source::new(from, back_map);
        self.state.fault = None;
        self.state.is_done = false;
    }
}
