//! How things stand, for the page.

use super::{Desk, Holding};
use crate::mapping::Source;
use crate::protocol::{ColumnFacts, InputFacts, ParameterFacts, State};
use portico_api::cell;
use portico_api::schema::ColumnType;

impl Desk {
    /// How things stand at this time, in milliseconds of the caller's clock.
    pub fn state(&self, now_ms: f64) -> State {
        let table = self.table();
        let mut state = State {
            source: self.source.clone(),
            reading: self.reading,
            columns: self.column_facts(),
            inputs: self.input_facts(),
            parameters: self.parameter_facts(),
            outputs: self
                .start
                .schema
                .outputs
                .iter()
                .map(|output| output.column.clone())
                .collect(),
            rows: table.map_or(0, crate::Table::rows),
            shown: self.shown(),
            view: self.view,
            checked: self.checks.checked(),
            errors: self.checks.errors(),
            marks: self.checks.marks(),
            bad_rows: self.checks.bad_rows(),
            ready: 0,
            barred: 0,
            blocked: String::new(),
            undo: self.history.undo_words().map(str::to_owned),
            redo: self.history.redo_words().map(str::to_owned),
            run: self.run.facts(now_ms),
            unsaved: self.unsaved,
        };
        // Rows whose predictions are up to date are sent no more; all others are, failed ones too.
        let bad = self.checks.bad().iter();
        let barred = bad
            .filter(|row| *row < state.rows && !self.is_scored(*row))
            .count();
        state.barred = u32::try_from(barred).unwrap_or(u32::MAX);
        state.ready = state.rows - state.run.scored.min(state.rows) - state.barred;
        state.blocked = self.blocked(&state).unwrap_or_default();
        state
    }

    fn blocked(&self, state: &State) -> Option<String> {
        if !matches!(self.holding, Holding::Whole(_)) {
            return Some("The file is still being read.".to_owned());
        }
        if state.rows == 0 {
            return Some("There are no rows.".to_owned());
        }
        if let Some(words) = self.checks.blocked() {
            return Some(words);
        }
        state
            .parameters
            .iter()
            .find(|parameter| !parameter.problem.is_empty())
            .map(|parameter| parameter.problem.clone())
    }

    pub(super) fn column_facts(&self) -> Vec<ColumnFacts> {
        let Some(table) = self.table() else {
            return Vec::new();
        };
        let mut facts: Vec<ColumnFacts> = table
            .header()
            .iter()
            .map(|name| ColumnFacts {
                name: name.clone(),
                ..ColumnFacts::default()
            })
            .collect();
        for (index, proposal) in self.proposals.iter().enumerate() {
            if let Source::Column(column) = proposal.source
                && let Some(facts) = facts.get_mut(column as usize)
            {
                facts.input = Some(index);
                facts.numeric = matches!(
                    self.start.schema.inputs[index].column_type,
                    ColumnType::Double | ColumnType::Integer
                );
            }
        }
        facts
    }

    fn input_facts(&self) -> Vec<InputFacts> {
        let inputs = self
            .start
            .schema
            .inputs
            .iter()
            .zip(&self.proposals)
            .enumerate();
        inputs
            .filter_map(|(index, (input, proposal))| {
                let summary = self.checks.input(index)?;
                Some(InputFacts {
                    name: input.name.clone(),
                    column_type: input.column_type,
                    source: summary.source,
                    why: proposal.why.clone(),
                    reading: summary.reading,
                    readings: summary.readings,
                    ambiguous: summary.ambiguous,
                    converted: summary.converted.into(),
                    errors: summary.errors.into(),
                    marks: summary.marks.into(),
                })
            })
            .collect()
    }

    fn parameter_facts(&self) -> Vec<ParameterFacts> {
        let parameters = self.start.schema.parameters.iter().zip(&self.parameters);
        parameters
            .map(|(parameter, text)| ParameterFacts {
                name: parameter.name.clone(),
                description: parameter.description.clone(),
                default: parameter.default.clone(),
                text: text.clone(),
                problem: if text.is_empty() && parameter.default.is_some() {
                    String::new()
                } else {
                    cell::read_text(&parameter.as_column(), text)
                        .err()
                        .map(|problem| problem.to_string())
                        .unwrap_or_default()
                },
            })
            .collect()
    }
}
