//! Staged rollouts while they run: which version a call goes to, what is counted of both, and calls that are
//! scored by the candidate in shadow. What a rollout is, is decided in `acts::rollouts` and kept in
//! `store::rollouts`. Must not know HTTP or SQL.

pub mod bins;
pub mod shadow;
pub mod tally;

use crate::calls::pipeline::{OutputColumn, Pipeline};
use crate::scoring::Values;
use crate::store::rollouts::Stored;
use bins::Bins;
use portico_api::schema::{OutputKind, Schema};
use portico_domain::split::Splitter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
pub use tally::Arm;
use tally::Tally;

/// A version that is tried on an endpoint's calls.
#[derive(Debug)]
pub struct Candidate {
    /// The rollout as stored.
    pub stored: Stored,
    /// What scores the candidate's calls.
    pub pipeline: Arc<Pipeline>,
    /// What the sides' calls are counted in.
    pub counts: Arc<Counts>,
}

/// What outlasts a change of the rollout's share.
#[derive(Debug)]
pub struct Counts {
    splitter: Splitter,
    /// The counted column's place and kind, on either side; absent where there is none.
    columns: [Option<(usize, OutputKind)>; 2],
    /// Whether both sides have the counted column.
    comparable: bool,
    tally: Mutex<Tally>,
}

/// The output column whose scores are counted: the first label, else the first number, else the first
/// probability.
pub fn counted(schema: &Schema) -> Option<usize> {
    [
        OutputKind::Label,
        OutputKind::Value,
        OutputKind::Probability,
    ]
    .iter()
    .find_map(|kind| {
        schema
            .outputs
            .iter()
            .position(|column| column.kind == *kind)
    })
}

impl Counts {
    /// Counters of a rollout between these two.
    pub fn new(rollout: &str, current: &Schema, candidate: &Schema) -> Self {
        let mine = counted(current);
        let name = mine.map(|at| current.outputs[at].column.as_str());
        let same = |at: &usize| Some(candidate.outputs[*at].column.as_str()) == name;
        let theirs = (0..candidate.outputs.len())
            .find(same)
            .or_else(|| counted(candidate));
        let with_kind =
            |at: Option<usize>, schema: &Schema| at.map(|at| (at, schema.outputs[at].kind));
        // A rollout's id is random, so its beginning is as good a seed as any.
        let seed = rollout
            .get(..16)
            .and_then(|text| u64::from_str_radix(text, 16).ok());
        Self {
            splitter: Splitter::new(seed.unwrap_or_default()),
            columns: [with_kind(mine, current), with_kind(theirs, candidate)],
            comparable: theirs.as_ref().is_some_and(same),
            tally: Mutex::default(),
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        // No code between lock and unlock leaves counters half-changed, so a poisoned lock is still sound.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scores<'a>(
        &self,
        arm: Arm,
        columns: &'a [OutputColumn],
    ) -> Option<(&'a Values, OutputKind)> {
        let (at, kind) = self.columns[arm as usize]?;
        columns.get(at).map(|column| (&column.values, kind))
    }

    /// The counted scores of an answer in their bins: made before the counters are locked, as an answer may
    /// have many rows.
    fn binned(&self, arm: Arm, columns: &[OutputColumn]) -> Bins {
        let mut bins = Bins::default();
        if let Some((values, kind)) = self.scores(arm, columns) {
            bins.count(kind, values);
        }
        bins
    }

    /// Counts a call that was scored. `models` is the time that its models took.
    pub fn scored(&self, arm: Arm, models: Duration, columns: &[OutputColumn]) {
        let bins = self.binned(arm, columns);
        self.tally().side_mut(arm).scored(models, bins);
    }

    /// Counts a call that failed.
    pub fn failed(&self, arm: Arm) {
        self.tally().side_mut(arm).failed();
    }

    /// Counts a call that the candidate scored in shadow, with the rows that were compared with the answer
    /// and those among them that differed.
    pub fn shadowed(&self, models: Duration, columns: &[OutputColumn], compared: (u64, u64)) {
        let bins = self.binned(Arm::Candidate, columns);
        let mut tally = self.tally();
        let side = &mut tally.candidate;
        side.scored(models, bins);
        side.shadow_calls += 1;
        side.compared += compared.0;
        side.different += compared.1;
    }

    /// Counts a call that the candidate failed at in shadow.
    pub fn shadow_failed(&self) {
        let mut tally = self.tally();
        tally.candidate.failed();
        tally.candidate.shadow_calls += 1;
    }

    /// The scores of an answer that the candidate's are to be compared with.
    pub fn to_compare(&self, columns: &[OutputColumn]) -> Option<Values> {
        let scores = self
            .comparable
            .then(|| self.scores(Arm::Current, columns))?;
        scores.map(|(values, _)| values.clone())
    }

    /// Those of the candidate's answer.
    pub fn candidates<'a>(&self, columns: &'a [OutputColumn]) -> Option<&'a Values> {
        self.scores(Arm::Candidate, columns)
            .map(|(values, _)| values)
    }

    /// Takes all that was counted; the counters begin anew.
    pub fn drain(&self) -> Tally {
        std::mem::take(&mut *self.tally())
    }

    /// Puts back what could not be stored.
    pub fn restore(&self, tally: Tally) {
        self.tally().merge(tally);
    }
}

impl Candidate {
    /// Counts a call and tells whose it is.
    pub fn choose(&self) -> Arm {
        if self
            .counts
            .splitter
            .is_candidates(self.stored.share_percent)
        {
            Arm::Candidate
        } else {
            Arm::Current
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema(outputs: &[(&str, &str)]) -> Schema {
        let outputs: Vec<_> = outputs
            .iter()
            .map(|(column, kind)| json!({"tensor": "t", "column": column, "kind": kind}))
            .collect();
        serde_json::from_value(json!({"inputs": [], "outputs": outputs})).unwrap()
    }

    #[test]
    fn the_label_is_counted_before_numbers_and_probabilities() {
        let both = schema(&[("p", "probability"), ("v", "value"), ("l", "label")]);
        assert_eq!(counted(&both), Some(2));
        assert_eq!(
            counted(&schema(&[("p", "probability"), ("v", "value")])),
            Some(1)
        );
        assert_eq!(counted(&schema(&[("p", "probability")])), Some(0));
        assert_eq!(counted(&schema(&[])), None);
    }

    #[test]
    fn sides_are_compared_where_both_have_the_column() {
        let column = |name: &str, value| OutputColumn {
            name: name.to_owned(),
            values: Values::I64(vec![value]),
        };
        let counts = Counts::new(
            "00",
            &schema(&[("p", "probability"), ("l", "label")]),
            &schema(&[("l", "label"), ("p", "probability")]),
        );
        let (mine, theirs) = (
            [column("p", 0), column("l", 1)],
            [column("l", 2), column("p", 0)],
        );
        assert_eq!(counts.to_compare(&mine), Some(Values::I64(vec![1])));
        assert_eq!(counts.candidates(&theirs), Some(&Values::I64(vec![2])));
        let apart = Counts::new("00", &schema(&[("l", "label")]), &schema(&[("m", "label")]));
        assert_eq!(apart.to_compare(&mine[1..]), None);
        apart.scored(Arm::Candidate, Duration::ZERO, &[column("m", 5)]);
        assert_eq!(apart.drain().candidate.bins.0.len(), 1);
    }
}
