//! The state of a page that publishes: the draft as the server has it, the form over it, and what is
//! under way. What is typed is saved by itself; an act waits for that.

use super::model::{Form, Problems};
use super::text;
use crate::client::stop::Stop;
use crate::client::{self, ClientError, Versioned};
use crate::outside::{Outside, use_outside};
use crate::routes::Page;
use crate::ui::live::{effect, memo};
use crate::ui::timer::Delay;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::draft::{Draft, DraftState, Preview};
use portico_api::id::{ServiceId, WorkspaceId};
use std::time::Duration;
use web_sys::File;

/// How often a draft that is being vetted is asked for.
const ASKS_EACH: Duration = Duration::from_millis(500);

/// What the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A draft of the address is on its way.
    Loading,
    /// A file can be chosen.
    Start,
    /// One is uploaded.
    Uploading,
    /// It is vetted.
    Vetting,
    /// It was refused.
    Refused,
    /// It can be described, previewed and published.
    Ready,
    /// It is a version now.
    Published,
}

/// A file on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Upload {
    /// Its name.
    pub name: String,
    /// Bytes that have gone.
    pub sent: f64,
    /// Bytes in all.
    pub size: f64,
}

/// How far saving is.
#[derive(Clone, Debug, PartialEq)]
pub enum Saving {
    /// The server has what is typed.
    Saved,
    /// It will have it soon.
    Soon,
    /// It does not take it.
    Failed(ClientError),
}

/// What a person wants of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// To see what the sample rows score.
    Preview,
    /// To publish it.
    Publish,
}

/// The state; made once by the page.
#[derive(Clone, Copy)]
pub struct Publishing {
    pub(super) outside: Outside,
    place: StoredValue<(WorkspaceId, Option<ServiceId>)>,
    /// What the page shows.
    pub stage: Memo<Stage>,
    /// The file on its way.
    pub upload: RwSignal<Option<Upload>>,
    /// The draft as the server has it.
    pub draft: RwSignal<Option<Versioned<Draft>>>,
    loading: RwSignal<bool>,
    /// What is typed.
    pub form: RwSignal<Form>,
    pub(super) saved: StoredValue<Form>,
    /// How far saving is.
    pub saving: RwSignal<Saving>,
    /// What the server found wrong.
    pub(super) refused: RwSignal<Problems>,
    /// What is wrong with what is typed.
    pub problems: Memo<Problems>,
    /// Counts how often the fields have to be made anew, because their contents came from elsewhere.
    pub remade: RwSignal<u32>,
    /// The same of the sample rows.
    pub rows_remade: RwSignal<u32>,
    /// What is under way.
    pub doing: RwSignal<Option<Act>>,
    /// Whether the draft is being thrown away.
    pub discarding: RwSignal<bool>,
    pub(super) next: StoredValue<Option<Act>>,
    pub(super) running: StoredValue<bool>,
    /// Whether there was something to save or to do while something was.
    pub(super) again: StoredValue<bool>,
    /// What is on its way to be saved.
    pub(super) sending: StoredValue<Option<Form>>,
    pub(super) scored: RwSignal<Option<(Form, Preview)>>,
    /// What the sample rows score, as long as they and the columns are those that were scored.
    pub scores: Memo<Option<Preview>>,
    /// Why the last act, other than saving, came to nothing.
    pub failure: RwSignal<Option<ClientError>>,
    /// Whether the person accepts that callers of the version before can fail.
    pub accepts: RwSignal<bool>,
    pub(super) saver: Delay,
    stop: StoredValue<Option<Stop>, LocalStorage>,
}

impl Publishing {
    /// The page of a workspace, for the next version of a service or for a new one. `draft` is one to go
    /// on with.
    pub fn new(ws: WorkspaceId, svc: Option<ServiceId>, draft: Option<String>) -> Self {
        let upload = RwSignal::new(None::<Upload>);
        let held = RwSignal::new(None::<Versioned<Draft>>);
        let loading = RwSignal::new(draft.is_some());
        let form = RwSignal::new(Form::default());
        let refused = RwSignal::new(Problems::new());
        let scored = RwSignal::new(None::<(Form, Preview)>);
        let scores = memo(move || {
            let scored = scored.read();
            let (of, preview) = scored.as_ref()?;
            of.scores_like(&form.read()).then(|| preview.clone())
        });
        let stage = memo(move || {
            if upload.read().is_some() {
                return Stage::Uploading;
            }
            match &*held.read() {
                None if loading.get() => Stage::Loading,
                None => Stage::Start,
                Some(draft) => match draft.value.state {
                    DraftState::Vetting => Stage::Vetting,
                    DraftState::Ready => Stage::Ready,
                    DraftState::Refused => Stage::Refused,
                    DraftState::Published => Stage::Published,
                },
            }
        });
        let problems = memo(move || {
            let mut problems = form.read().problems();
            for (pointer, text) in &*refused.read() {
                problems
                    .entry(pointer.clone())
                    .or_insert_with(|| text.clone());
            }
            problems
        });
        let state = Self {
            outside: use_outside(),
            place: StoredValue::new((ws, svc)),
            stage,
            upload,
            draft: held,
            loading,
            form,
            saved: StoredValue::new(Form::default()),
            saving: RwSignal::new(Saving::Saved),
            refused,
            problems,
            remade: RwSignal::new(0),
            rows_remade: RwSignal::new(0),
            doing: RwSignal::new(None),
            discarding: RwSignal::new(false),
            next: StoredValue::new(None),
            running: StoredValue::new(false),
            again: StoredValue::new(false),
            sending: StoredValue::new(None),
            scored,
            scores,
            failure: RwSignal::new(None),
            accepts: RwSignal::new(false),
            saver: Delay::new(),
            stop: StoredValue::new_local(None),
        };
        state.poll();
        if let Some(id) = draft {
            state.load(id);
        }
        on_cleanup(move || {
            state.cancel_upload();
            state.save_on_leaving();
        });
        state
    }

    /// The workspace.
    pub fn ws(self) -> WorkspaceId {
        self.place.with_value(|(ws, _)| ws.clone())
    }

    /// The workspace, while the page is there.
    pub(super) fn try_ws(self) -> Option<WorkspaceId> {
        self.place.try_with_value(|(ws, _)| ws.clone())
    }

    /// The service whose next version is made.
    pub fn svc(self) -> Option<ServiceId> {
        self.place.with_value(|(_, svc)| svc.clone())
    }

    /// The address of this page, going on with a draft or with none.
    pub fn href(self, draft: Option<&str>) -> String {
        let page = Page::Publish {
            ws: self.ws(),
            svc: self.svc(),
        };
        match draft {
            Some(id) => format!("{}?draft={id}", page.href()),
            None => page.href(),
        }
    }

    fn load(self, id: String) {
        let ws = self.ws();
        spawn_local(async move {
            match client::drafts::get(&ws, &id).await {
                Ok(draft) => self.take(draft),
                Err(error) => {
                    self.failure.try_set(Some(error));
                }
            }
            self.loading.try_set(false);
        });
    }

    /// Goes on with a draft of the list.
    pub fn resume(self, id: String) {
        self.outside.note(&self.href(Some(&id)));
        self.failure.set(None);
        self.loading.set(true);
        self.load(id);
    }

    /// The server's answer about the draft. What is typed stays; what was not there yet is filled in.
    fn take(self, draft: Versioned<Draft>) {
        let before = self.draft.try_with_untracked(|held| {
            let held = held.as_ref().filter(|held| held.value.id == draft.value.id);
            let late = held.is_some_and(|held| draft.is_older_than(held));
            let held = held.map(|held| &held.value);
            let ready = held.is_some_and(|held| held.state == DraftState::Ready);
            (late, ready, held.and_then(|held| held.difference.clone()))
        });
        let Some((false, known, difference)) = before else {
            // The page is gone, or knows better.
            return;
        };
        if difference != draft.value.difference {
            // What was accepted was another difference.
            self.accepts.set(false);
        }
        if draft.value.state == DraftState::Ready {
            let sent = Form::of(&draft.value);
            if !known {
                self.saved.try_set_value(sent.clone());
                self.form.try_set(sent);
                self.remade.try_update(|count| *count += 1);
            } else if let Some(untouched) = self.untouched_samples()
                && untouched != sent.samples
            {
                // Rows that the server made up follow the columns.
                self.saved
                    .try_update_value(|saved| saved.samples.clone_from(&sent.samples));
                self.form.try_update(|form| form.samples = sent.samples);
                self.rows_remade.try_update(|count| *count += 1);
            }
        }
        self.draft.try_set(Some(draft));
    }

    /// The server's answer about the draft that is at hand; one that was thrown away meanwhile stays away.
    pub(super) fn refresh(self, draft: Versioned<Draft>) {
        let same = self.draft.try_with_untracked(|held| {
            held.as_ref()
                .is_some_and(|held| held.value.id == draft.value.id)
        });
        if same == Some(true) {
            self.take(draft);
        }
    }

    fn untouched_samples(self) -> Option<Vec<Vec<String>>> {
        let saved = self.saved.try_with_value(|saved| saved.samples.clone())?;
        let same = self
            .form
            .try_with_untracked(|form| form.samples == saved)
            .unwrap_or(false);
        same.then_some(saved)
    }

    /// Asks for a draft that is being vetted, again and again.
    fn poll(self) {
        let delay = Delay::new();
        effect(move || {
            let vetted = self.draft.with(|draft| {
                let draft = draft.as_ref()?;
                (draft.value.state == DraftState::Vetting).then(|| draft.value.id.clone())
            });
            let Some(id) = vetted else {
                return delay.stop();
            };
            let ws = self.ws();
            delay.set(ASKS_EACH, move || {
                spawn_local(async move {
                    match client::drafts::get(&ws, &id).await {
                        Ok(draft) => {
                            self.failure.try_set(None);
                            self.refresh(draft);
                        }
                        Err(error) => {
                            self.failure.try_set(Some(error));
                            // Asks again all the same: the line may come back.
                            self.draft.try_update(|_| ());
                        }
                    }
                });
            });
        });
    }

    /// Uploads a file.
    pub fn send(self, file: &File) {
        if self.upload.with_untracked(Option::is_some) {
            return;
        }
        self.failure.set(None);
        self.scored.set(None);
        self.accepts.set(false);
        self.upload.set(Some(Upload {
            name: file.name(),
            sent: 0.0,
            size: file.size(),
        }));
        let (ws, svc) = self.place.get_value();
        let stop = Stop::default();
        self.stop.set_value(Some(stop.clone()));
        let file = file.clone();
        spawn_local(async move {
            let progress = move |(sent, _): (f64, f64)| {
                self.upload.try_update(|upload| {
                    if let Some(upload) = upload {
                        upload.sent = sent.min(upload.size);
                    }
                });
            };
            let upload = client::drafts::create(&ws, svc.as_ref(), &file, progress);
            let sent = stop.run(upload).await;
            self.upload.try_set(None);
            match sent {
                Some(Ok(draft)) => {
                    if !self.draft.is_disposed() {
                        self.outside.note(&self.href(Some(&draft.value.id)));
                    }
                    self.take(draft);
                }
                Some(Err(error)) => {
                    self.failure.try_set(Some(error));
                }
                None => {}
            }
        });
    }

    /// Calls an upload off.
    pub fn cancel_upload(self) {
        if let Some(stop) = self.stop.try_update_value(Option::take).flatten() {
            stop.stop();
        }
    }

    /// Why the draft can't be published now; empty when it can. Tracked.
    pub fn blocked(self) -> String {
        if !self.problems.read().is_empty() {
            text::FIX_FIRST.to_owned()
        } else if self.breaking() > 0 && !self.accepts.get() {
            text::ACCEPT_FIRST.to_owned()
        } else {
            String::new()
        }
    }

    /// How many changes of the schema break callers of the version before. Tracked.
    pub fn breaking(self) -> usize {
        self.draft.with(|draft| {
            draft
                .as_ref()
                .and_then(|draft| draft.value.difference.as_ref())
                .map_or(0, portico_api::difference::SchemaDifference::breaking)
        })
    }
}

/// The state of the page.
pub fn use_publishing() -> Publishing {
    expect_context()
}
