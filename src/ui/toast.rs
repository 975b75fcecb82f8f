//! Short notes about what just happened. Never the only place where a fact appears.

use super::choice::For;
use super::icon::{Glyph, Icon};
use super::live::view;
use super::timer;
use crate::client::ClientError;
use leptos::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// The most notes at once; the oldest gives way.
const MOST: usize = 3;
/// How long a note of success stays.
const STAY: Duration = Duration::from_secs(5);

/// How long a note with an action stays.
const STAY_WITH_ACTION: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
    bad: bool,
    action: Option<Action>,
}

/// What a note offers, such as *Undo*. It outlives the view that offered it.
#[derive(Clone)]
struct Action {
    label: &'static str,
    act: Arc<dyn Fn() + Send + Sync>,
}

/// The notes; made once in the root of the application.
#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    /// No notes.
    pub fn new() -> Self {
        Self {
            list: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
        }
    }

    /// Says that something worked; goes away by itself.
    pub fn success(self, text: impl Into<String>) {
        self.push(text.into(), false, None);
    }

    /// Says that something worked and offers an act for a while, such as *Undo*.
    pub fn with_action(
        self,
        text: impl Into<String>,
        label: &'static str,
        act: impl Fn() + Send + Sync + 'static,
    ) {
        let act = Arc::new(act);
        self.push(text.into(), false, Some(Action { label, act }));
    }

    /// Says that something failed; stays until it is closed.
    pub fn error(self, text: impl Into<String>) {
        self.push(text.into(), true, None);
    }

    /// Says why a call failed, with the request's id.
    pub fn problem(self, error: &ClientError) {
        let text = match error.request_id() {
            Some(id) => format!("{} (request {id})", error.in_words()),
            None => error.in_words(),
        };
        self.error(text);
    }

    fn push(self, text: String, bad: bool, action: Option<Action>) {
        let id = self
            .next
            .try_update_value(|next| {
                *next += 1;
                *next
            })
            .unwrap_or_default();
        self.list.try_update(|list| {
            if list.len() == MOST {
                list.remove(0);
            }
            list.push(Toast {
                id,
                text,
                bad,
                action,
            });
        });
    }

    fn close(self, id: u32) {
        self.list
            .try_update(|list| list.retain(|toast| toast.id != id));
    }
}

/// The notes of the application.
pub fn use_toasts() -> Toasts {
    expect_context()
}

/// Where the notes appear; once in the application.
#[component]
pub fn ToastHost() -> impl IntoView {
    let toasts = use_toasts();
    let of = move |bad: bool| {
        move || {
            let mut list = toasts.list.get();
            list.retain(|toast| toast.bad == bad);
            list
        }
    };
    view! {
        <div class="toasts">
            <div role="status">
                <For each=of(false) key=|toast| toast.id.to_string() let:toast>
                    <Note toast=toast/>
                </For>
            </div>
            <div role="alert">
                <For each=of(true) key=|toast| toast.id.to_string() let:toast>
                    <Note toast=toast/>
                </For>
            </div>
        </div>
    }
}

#[component]
fn Note(toast: Toast) -> impl IntoView {
    let toasts = use_toasts();
    let Toast {
        id,
        text,
        bad,
        action,
    } = toast;
    let stay = if action.is_some() {
        STAY_WITH_ACTION
    } else {
        STAY
    };
    let delay = timer::Delay::new();
    let start = move || {
        if !bad {
            delay.set(stay, move || toasts.close(id));
        }
    };
    start();
    view! {
        <div
            class="toast"
            class:tone-bad=bad
            class:tone-good=!bad
            on:mouseenter=move |_| delay.stop()
            on:mouseleave=move |_| start()
            on:focusin=move |_| delay.stop()
            on:focusout=move |_| start()
        >
            <Icon glyph=if bad { Glyph::Warning } else { Glyph::Check }/>
            <p>{text}</p>
            {action
                .map(|Action { label, act }| {
                    view! {
                        <button
                            type="button"
                            class="button button-quiet"
                            on:click=move |_| {
                                toasts.close(id);
                                act();
                            }
                        >
                            {label}
                        </button>
                    }
                })}
            <button
                type="button"
                class="button button-quiet icon-button"
                aria-label="Close this note"
                on:click=move |_| toasts.close(id)
            >
                <Icon glyph=Glyph::Close/>
            </button>
        </div>
    }
}
