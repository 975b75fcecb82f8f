//! *Configure*: the settings of an endpoint, what else is known of it, and its end.

use super::conflict::ConflictDialog;
use super::delete::DeleteZone;
use super::facts::Facts;
use super::settings::{Conflict, Setting, Settings};
use super::settings_form::{SettingsForm, element_id};
use crate::client::endpoints::Place;
use crate::client::{self, ClientError, Versioned};
use crate::ui::choice::Show;
use crate::ui::focus::focus_first;
use crate::ui::leave::LeaveGuard;
use crate::ui::live::{memo, view};
use crate::ui::toast::use_toasts;
use crate::ui::{Button, ButtonKind, ErrorPanel};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use portico_api::endpoint::Endpoint;
use portico_api::problem::Code;

/// Changes an endpoint's settings.
#[component]
pub fn Configure(
    /// The endpoint; set anew when it was saved.
    endpoint: RwSignal<Versioned<Endpoint>>,
    /// The most calls at once that the workspace allows.
    cap: u32,
    /// The service's measured time of a call in milliseconds.
    latency_ms: Option<f64>,
    /// How many endpoints the service has, if that is known.
    siblings: Option<u32>,
    /// Why it can't be changed; empty when it can.
    #[prop(into)]
    blocked: Signal<String>,
) -> impl IntoView {
    let editor = Editor::new(endpoint, cap);
    let toasts = use_toasts();
    let dirty = memo(move || editor.dirty());
    let saved = Callback::new(move |()| toasts.success("Saved."));
    let navigate = use_navigate();
    let go = Callback::new(move |href: String| navigate(&href, NavigateOptions::default()));
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if blocked.read_untracked().is_empty() {
            editor.save(saved);
        }
    };
    let nothing = Signal::derive(move || {
        let reason = blocked.get();
        if reason.is_empty() && !dirty.get() {
            "Nothing was changed".to_owned()
        } else {
            reason
        }
    });
    view! {
        <LeaveGuard dirty=dirty go=go/>
        <div class="configure">
            <form class="settings" novalidate=true on:submit=save>
                <SettingsForm
                    draft=editor.draft
                    errors=editor.errors
                    cap=cap
                    latency_ms=latency_ms
                    blocked=blocked
                />
                {move || editor.failure.get().map(|error| view! { <ErrorPanel error=error/> })}
                <div class="settings-foot">
                    <Button kind=ButtonKind::Primary submit=true busy=editor.saving blocked=nothing>"Save"</Button>
                    <Show when=move || dirty.get()>
                        <Button on_click=Callback::new(move |_| editor.reset())>"Discard changes"</Button>
                        <span class="muted" role="status">"Not saved yet"</span>
                    </Show>
                </div>
            </form>
            <div class="stack">
                <Facts endpoint=endpoint/>
                <DeleteZone endpoint=endpoint siblings=siblings blocked=blocked/>
            </div>
        </div>
        <ConflictDialog
            conflict=editor.conflict
            on_pick=Callback::new(move |settings| editor.settle(settings, saved))
        />
    }
}

/// What is being edited.
#[derive(Clone, Copy)]
struct Editor {
    endpoint: RwSignal<Versioned<Endpoint>>,
    draft: RwSignal<Settings>,
    errors: RwSignal<Vec<(Setting, String)>>,
    failure: RwSignal<Option<ClientError>>,
    conflict: RwSignal<Option<Conflict>>,
    /// The endpoint as somebody else left it, while the conflict is open.
    theirs: StoredValue<Option<Versioned<Endpoint>>>,
    saving: RwSignal<bool>,
    cap: u32,
}

impl Editor {
    fn new(endpoint: RwSignal<Versioned<Endpoint>>, cap: u32) -> Self {
        let draft = Settings::of(&endpoint.read_untracked().value, cap);
        Self {
            endpoint,
            draft: RwSignal::new(draft),
            errors: RwSignal::new(Vec::new()),
            failure: RwSignal::new(None),
            conflict: RwSignal::new(None),
            theirs: StoredValue::new(None),
            saving: RwSignal::new(false),
            cap,
        }
    }

    fn dirty(self) -> bool {
        let base = Settings::of(&self.endpoint.read().value, self.cap);
        !self.draft.read().differences(&base).is_empty()
    }

    fn reset(self) {
        self.draft.set(Settings::of(
            &self.endpoint.read_untracked().value,
            self.cap,
        ));
        self.errors.set(Vec::new());
        self.failure.set(None);
    }

    fn save(self, saved: Callback<()>) {
        if self.saving.get_untracked() {
            return;
        }
        self.failure.set(None);
        let Versioned { etag, value } = self.endpoint.get_untracked();
        let base = Settings::of(&value, self.cap);
        let draft = self.draft.get_untracked();
        let changes = match draft.changes(&base, self.cap) {
            Ok(changes) => changes,
            Err(errors) => {
                focus_first(format!("#{}", element_id(errors[0].0)));
                self.errors.set(errors);
                return;
            }
        };
        self.errors.set(Vec::new());
        self.saving.set(true);
        spawn_local(async move {
            let place = Place::of(&value);
            match client::endpoints::update(&place, &changes, &etag).await {
                Ok(now) => {
                    self.draft.try_set(Settings::of(&now.value, self.cap));
                    self.endpoint.try_set(now);
                    saved.try_run(());
                }
                Err(error) if error.is(Code::PreconditionFailed) => {
                    self.compare(&place, &base, &draft).await;
                }
                Err(error) => {
                    self.failure.try_set(Some(error));
                }
            }
            self.saving.try_set(false);
        });
    }

    /// Somebody else saved first: fetches what they left and shows both.
    async fn compare(self, place: &Place, base: &Settings, draft: &Settings) {
        match client::endpoints::get(place).await {
            Ok(theirs) => {
                let now = Settings::of(&theirs.value, self.cap);
                self.theirs.try_set_value(Some(theirs));
                self.conflict
                    .try_set(Some(Conflict::between(base, draft, &now)));
            }
            Err(error) => {
                self.failure.try_set(Some(error));
            }
        }
    }

    /// The person picked: goes on from what is stored now, and saves what is left to save.
    fn settle(self, settings: Settings, saved: Callback<()>) {
        self.conflict.set(None);
        if let Some(theirs) = self.theirs.try_update_value(Option::take).flatten() {
            self.endpoint.set(theirs);
        }
        self.draft.set(settings);
        if untrack(|| self.dirty()) {
            self.save(saved);
        }
    }
}
