//! How far a list is: written, checked by the server, made, and what came of it.

use super::model::{CHUNK, Entry, List, REQUEST_ROWS, Tally, entries, places, read, take_over};
use crate::client::stop::Stop;
use crate::client::{self, Answer, ClientError};
use crate::outside::Outside;
use crate::ui::toast::{Toasts, use_toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::page::{PAGE_SIZE_MAX, PageQuery};
use portico_api::update::CreateMany;
use std::collections::HashMap;

/// How far a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is being written or chosen.
    Writing,
    /// The server looks at the rows; nothing is made.
    Checking,
    /// It is known what can be made.
    Checked,
    /// Endpoints are being made.
    Creating,
    /// It ended, or was broken off.
    Done,
}

/// A list at work.
#[derive(Clone, Copy)]
pub struct Work {
    ids: StoredValue<(WorkspaceId, ServiceId)>,
    outside: Outside,
    pub toasts: Toasts,
    pub phase: RwSignal<Phase>,
    /// The text as it was typed or read.
    pub text: RwSignal<String>,
    /// Why the text is no list; empty if it is one, or nobody asked.
    pub problem: RwSignal<String>,
    pub entries: RwSignal<Vec<Entry>>,
    pub notes: RwSignal<Vec<String>>,
    /// Rows done, and rows in all, of what is under way.
    pub progress: RwSignal<(usize, usize)>,
    pub failure: RwSignal<Option<ClientError>>,
    /// The addresses of what is there, by name.
    pub urls: RwSignal<HashMap<String, String>>,
    stop: StoredValue<Option<Stop>, LocalStorage>,
}

impl Work {
    pub fn new(ws: WorkspaceId, svc: ServiceId, outside: Outside) -> Self {
        let work = Self {
            ids: StoredValue::new((ws, svc)),
            outside,
            toasts: use_toasts(),
            phase: RwSignal::new(Phase::Writing),
            text: RwSignal::new(String::new()),
            problem: RwSignal::new(String::new()),
            entries: RwSignal::new(Vec::new()),
            notes: RwSignal::new(Vec::new()),
            progress: RwSignal::new((0, 0)),
            failure: RwSignal::new(None),
            urls: RwSignal::new(HashMap::new()),
            stop: StoredValue::new_local(None),
        };
        on_cleanup(move || work.cancel());
        work
    }

    /// The service that the endpoints are of.
    pub fn service(self) -> (WorkspaceId, ServiceId) {
        self.ids.get_value()
    }

    /// Reads the text and has its rows checked.
    pub fn check(self) {
        match read(&self.text.read_untracked()) {
            Err(problem) => self.problem.set(problem.in_words()),
            Ok(list) => {
                self.problem.set(String::new());
                self.look_at(&list);
            }
        }
    }

    fn look_at(self, list: &List) {
        self.entries.set(entries(list));
        self.notes.set(list.notes.clone());
        self.urls.set(HashMap::new());
        self.phase.set(Phase::Checking);
        let unchecked = self
            .entries
            .with_untracked(|entries| places(entries, |entry| entry.state.is_none()));
        self.send(unchecked, REQUEST_ROWS, true, Phase::Checked);
    }

    /// Makes the rows that can be made.
    pub fn create(self) {
        let good = self
            .entries
            .with_untracked(|entries| places(entries, Entry::is_good));
        if !good.is_empty() {
            self.phase.set(Phase::Creating);
            self.send(good, CHUNK, false, Phase::Done);
        }
    }

    /// Breaks off what is under way. What was made stays made.
    pub fn cancel(self) {
        if let Some(Some(stop)) = self.stop.try_update_value(Option::take) {
            stop.stop();
        }
    }

    /// Back to the text, which is still there.
    pub fn write_again(self) {
        self.failure.set(None);
        self.phase.set(Phase::Writing);
    }

    /// Sends rows, so many at a time, then goes on to `then`.
    fn send(self, rows: Vec<usize>, at_once: usize, dry_run: bool, then: Phase) {
        let stop = Stop::default();
        self.stop.set_value(Some(stop.clone()));
        self.failure.set(None);
        self.progress.set((0, rows.len()));
        spawn_local(async move {
            for part in rows.chunks(at_once) {
                match stop.run(self.ask(part, dry_run)).await {
                    None => break,
                    Some(Ok(())) => {
                        self.progress.try_update(|(done, _)| *done += part.len());
                    }
                    Some(Err(error)) => {
                        self.failure.try_set(Some(error));
                        break;
                    }
                }
            }
            if !dry_run {
                self.find_addresses().await;
                self.outside.outdated();
            }
            // A check that was broken off has nothing to show but the text.
            let then = if dry_run && stop.is_stopped() {
                Phase::Writing
            } else {
                then
            };
            self.phase.try_set(then);
        });
    }

    /// Sends the rows at these places, and takes over what is said of them.
    async fn ask(self, part: &[usize], dry_run: bool) -> Answer<()> {
        let Some((ws, svc)) = self.ids.try_get_value() else {
            return Ok(());
        };
        let rows = self
            .entries
            .try_with_untracked(|entries| {
                let entries = part.iter().filter_map(|place| entries.get(*place));
                entries.map(|entry| entry.row.clone()).collect()
            })
            .unwrap_or_default();
        let body = CreateMany { rows, dry_run };
        let answer = client::many::create(&ws, &svc, &body).await?;
        self.entries
            .try_update(|entries| take_over(entries, part, &answer.lines));
        Ok(())
    }

    /// Finds the addresses of what is there now. Without them the list is still good.
    async fn find_addresses(self) {
        let Some((ws, svc)) = self.ids.try_get_value() else {
            return;
        };
        let tally = self
            .entries
            .try_with_untracked(|entries| Tally::of(entries))
            .unwrap_or_default();
        if tally.created + tally.exists == 0 {
            return;
        }
        let mut token = None;
        loop {
            let query = PageQuery {
                page_size: Some(PAGE_SIZE_MAX),
                page_token: token.take(),
            };
            let Ok(page) = client::endpoints::list(&ws, &svc, &query).await else {
                return;
            };
            let more = page.next_page_token;
            self.urls.try_update(|urls| {
                let found = page.items.into_iter();
                urls.extend(
                    found.map(|endpoint| {
                        (endpoint.name.to_string(), endpoint.urls.request_response)
                    }),
                );
            });
            match more {
                Some(next) => token = Some(next),
                None => return,
            }
        }
    }
}
