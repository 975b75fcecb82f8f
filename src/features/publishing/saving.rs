//! Saving what is typed by itself, and the acts that wait for it: preview and publication.

use super::model::{Form, Problems};
use super::state::{Act, Publishing, Saving};
use crate::client::{self, ClientError};
use crate::routes::Page;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::draft::PublishDraft;
use portico_api::problem::Code;
use std::time::Duration;

/// How long the typing has to pause before what was typed is saved.
const SAVES_AFTER: Duration = Duration::from_millis(700);

/// Beginnings of the pointers of the form's fields.
const FIELDS: [&str; 6] = [
    "/name",
    "/description",
    "/notes",
    "/resources",
    "/schema/",
    "/sample",
];

/// A list of the form.
type List<T> = fn(&mut Form) -> &mut Vec<T>;

impl Publishing {
    /// Changes what is typed; it is saved soon.
    pub fn edit(self, change: impl FnOnce(&mut Form)) {
        self.refused.update(Problems::clear);
        self.form.update(change);
        self.saving.set(Saving::Soon);
        self.saver.set(SAVES_AFTER, move || self.start(None));
    }

    /// Changes one item of a list of the form.
    pub fn edit_at<T>(self, list: List<T>, index: usize, change: impl FnOnce(&mut T)) {
        self.edit(|form| {
            if let Some(item) = list(form).get_mut(index) {
                change(item);
            }
        });
    }

    /// What a field does with the text that is typed for one item of a list of the form.
    pub fn setter<T: 'static>(
        self,
        list: List<T>,
        index: usize,
        put: fn(&mut T, String),
    ) -> Callback<String> {
        Callback::new(move |text| self.edit_at(list, index, |item| put(item, text)))
    }

    /// Changes what is typed, and shows the fields anew.
    pub fn refill(self, change: impl FnOnce(&mut Form)) {
        self.edit(change);
        self.remade.update(|count| *count += 1);
    }

    /// Changes the sample rows, and shows them anew.
    pub fn refill_rows(self, change: impl FnOnce(&mut Form)) {
        self.edit(change);
        self.rows_remade.update(|count| *count += 1);
    }

    /// Does something once all that is typed is saved.
    pub fn act(self, act: Act) {
        self.failure.set(None);
        self.doing.set(Some(act));
        self.saver.stop();
        self.start(Some(act));
    }

    /// One after the other: what is typed while something is under way is saved after it.
    fn start(self, act: Option<Act>) {
        if act.is_some() {
            self.next.set_value(act);
        }
        if self.running.get_value() {
            self.again.set_value(true);
            return;
        }
        self.running.set_value(true);
        spawn_local(async move {
            while self.go_on().await {}
            self.running.try_set_value(false);
        });
    }

    /// Saves, and does what is wanted. Whether there may be more to do.
    async fn go_on(self) -> bool {
        self.again.try_set_value(false);
        let saved = self.save().await;
        let act = self.next.try_update_value(Option::take).flatten();
        match act.filter(|_| saved) {
            Some(Act::Preview) => self.run_preview().await,
            Some(Act::Publish) => self.run_publish().await,
            None => {}
        }
        if act.is_some() {
            // Another one may be waiting by now.
            self.doing.try_update(|doing| {
                if *doing == act {
                    *doing = None;
                }
            });
        }
        self.again.try_get_value() == Some(true)
    }

    /// Saves until nothing is left to save. Whether the server has all that is typed.
    async fn save(self) -> bool {
        loop {
            let Some(form) = self.form.try_get_untracked() else {
                return false;
            };
            if !form.problems().is_empty() {
                return false;
            }
            let update = self
                .saved
                .try_with_value(|saved| form.update(saved))
                .flatten();
            let Some(update) = update else {
                self.saving.try_set(Saving::Saved);
                return true;
            };
            let Some(draft) = self.draft.try_get_untracked().flatten() else {
                return false;
            };
            self.sending.set_value(Some(form.clone()));
            let answer =
                client::drafts::update(&self.ws(), &draft.value.id, &update, &draft.etag).await;
            self.sending.try_set_value(None);
            match answer {
                Ok(now) => {
                    self.saved.try_set_value(form);
                    self.refresh(now);
                }
                // Scoring its rows changes a draft too; what a person typed elsewhere is another matter.
                Err(error) if error.is(Code::PreconditionFailed) && self.still_as_saved().await => {
                }
                Err(error) => {
                    // What was typed meanwhile is about to be saved, and may be right.
                    let same = self.form.try_with_untracked(|now| *now == form);
                    if same == Some(true) {
                        self.mark(&error);
                        self.saving.try_set(Saving::Failed(error));
                    }
                    return false;
                }
            }
        }
    }

    /// Asks for the draft anew, and whether it says what was saved last.
    async fn still_as_saved(self) -> bool {
        let Some(draft) = self.draft.try_get_untracked().flatten() else {
            return false;
        };
        let Ok(now) = client::drafts::get(&self.ws(), &draft.value.id).await else {
            return false;
        };
        let same = self
            .saved
            .try_with_value(|saved| saved.says_like(&Form::of(&now.value)))
            .unwrap_or(false);
        if same {
            self.draft.try_set(Some(now));
        }
        same
    }

    async fn run_preview(self) {
        let (Some(draft), Some(of)) = (
            self.draft.try_get_untracked().flatten(),
            self.saved.try_get_value(),
        ) else {
            return;
        };
        match client::drafts::preview(&self.ws(), &draft.value.id).await {
            Ok(preview) => {
                self.scored.try_set(Some((of, preview)));
                // How they scored is part of the draft now.
                if let Some(ws) = self.try_ws()
                    && let Ok(now) = client::drafts::get(&ws, &draft.value.id).await
                {
                    self.refresh(now);
                }
            }
            Err(error) => {
                self.scored.try_set(None);
                self.mark(&error);
                self.failure.try_set(Some(error));
            }
        }
    }

    /// Marks the fields that the server names.
    fn mark(self, error: &ClientError) {
        if let ClientError::Problem(problem) = error {
            let found = problem.errors.iter();
            let found = found.filter(|one| FIELDS.iter().any(|at| one.pointer.starts_with(at)));
            let found = found.map(|one| (one.pointer.clone(), one.detail.clone()));
            self.refused.try_set(found.collect());
        }
    }

    async fn run_publish(self) {
        let Some(draft) = self.draft.try_get_untracked().flatten() else {
            return;
        };
        let body = PublishDraft {
            accept_breaking: self.accepts.try_get_untracked().unwrap_or(false),
        };
        let ws = self.ws();
        match client::drafts::publish(&ws, &draft.value.id, &body).await {
            Ok(done) => {
                if !self.draft.is_disposed() {
                    self.outside.outdated();
                    let page = Page::Version {
                        ws,
                        svc: done.service_id,
                        number: done.version,
                    };
                    self.outside.go(&format!("{}?published=1", page.href()));
                }
            }
            Err(error) => {
                self.mark(&error);
                self.failure.try_set(Some(error));
            }
        }
    }
}
