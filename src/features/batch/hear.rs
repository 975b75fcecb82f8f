//! What becomes of what the worker says.

use super::download::{self, Made};
use super::model::run_in_words;
use super::state::{LISTED, Notice, Sheet};
use crate::sheet::{Grid, Heard};
use js_sys::ArrayBuffer;
use leptos::prelude::*;
use portico_tabular::protocol::{Asked, Reply, Request, RunFacts, State, View};

impl Sheet {
    pub(super) fn hear(self, heard: Heard) {
        match heard {
            Heard::Said(reply, bytes) => self.said(*reply, bytes),
            Heard::Copied(clip) => self.with_grid(|grid| grid.take_copied(clip)),
            Heard::Died => {
                self.reset();
                self.fail(
                    "The file was too much for this page, so it was let go. Nothing was sent \
                     since. Try a smaller one, or split it.",
                );
            }
            Heard::Unreachable => {
                self.reset();
                self.unreachable.try_set(true);
            }
        }
    }

    fn said(self, reply: Reply, bytes: Option<ArrayBuffer>) {
        match reply {
            Reply::Ready | Reply::Copied { .. } => {}
            Reply::State(state) => self.stands(*state),
            Reply::Rows {
                ticket,
                first,
                total,
                rows,
            } => self.with_grid(|grid| grid.take_rows(ticket, first, total, rows)),
            Reply::Found { at: Some(spot) } => self.go_to_spot(spot),
            Reply::Found { at: None } => self.say("There is nothing to fix."),
            Reply::Findings { list } => {
                self.findings.try_update(|findings| {
                    if let Some(findings) = findings {
                        *findings = list;
                    }
                });
            }
            Reply::Changed { area, words } => {
                self.say(&words);
                self.with_grid(Grid::changed);
                let all = self.facts.with_untracked(|facts| facts.view == View::All);
                let acted_at = self.acted_at.try_get_value().flatten();
                if all && area.rows > 0 && acted_at == Some(self.place()) {
                    self.with_grid(|grid| grid.look_at(area));
                    // What was asked for after it is shown as well.
                    self.acted_at.try_set_value(Some(self.place()));
                }
            }
            Reply::Piece => {
                self.pieces.try_update_value(|pieces| pieces.extend(bytes));
            }
            Reply::File {
                name,
                media_type,
                guarded,
            } => self.made(&Made {
                name,
                media_type,
                guarded,
            }),
            Reply::Refused { what, reason, .. } => self.refused(what, &reason),
        }
    }

    fn stands(self, state: State) {
        let before = self
            .facts
            .with_untracked(|facts| (facts.run.clone(), facts.errors, facts.marks));
        self.run_went(&before.0, &state.run);
        let all = state.view == View::All;
        let listed = self.findings.with_untracked(Option::is_some);
        if listed && (before.1, before.2) != (state.errors, state.marks) {
            self.ask(&Request::Findings { count: LISTED });
        }
        if state.source.is_some() {
            self.opening.try_set(None);
        }
        self.with_grid(|grid| grid.set_state(&state));
        self.facts.try_set(state);
        if all && let Some(spot) = self.pending.try_update_value(Option::take).flatten() {
            self.with_grid(|grid| grid.jump(spot.row, spot.column));
        }
    }

    fn run_went(self, before: &RunFacts, now: &RunFacts) {
        if !before.running || now.running {
            return;
        }
        let whole = now.waiting == 0;
        self.complete.try_set(whole);
        let words = run_in_words(now);
        self.say(&if whole {
            format!("Scoring is done: {words}.")
        } else {
            format!("Scoring has stopped: {words}.")
        });
    }

    fn made(self, made: &Made) {
        let pieces = self
            .pieces
            .try_update_value(std::mem::take)
            .unwrap_or_default();
        self.making.try_set(None);
        if download::save(made, &pieces) {
            self.notice
                .try_set(made.note().map(|text| Notice { bad: false, text }));
            self.say(&format!("{} is saved.", made.name));
        } else {
            self.fail("The file could not be handed to the browser. Try again.");
        }
    }

    fn refused(self, what: Asked, reason: &str) {
        match what {
            Asked::Copy => {
                let mut awaited = false;
                self.with_grid(|grid| awaited = grid.not_copied());
                // What the grid fetches ahead, nobody misses.
                if awaited {
                    self.fail(reason);
                }
                return;
            }
            Asked::Read => {
                self.opening.try_set(None);
            }
            Asked::Export => {
                self.making.try_set(None);
                self.pieces.try_set_value(Vec::new());
            }
            Asked::Edit | Asked::Score => {}
        }
        self.with_grid(Grid::changed);
        self.fail(reason);
    }
}
