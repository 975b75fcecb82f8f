//! The form of a draft: what is said of it, its pipeline and columns, how it scores, and the act.

use super::checks::Checks;
use super::inputs::Inputs;
use super::model::Form;
use super::outputs::{Outputs, Parameters};
use super::samples::Samples;
use super::stages::Stages;
use super::state::{Act, Publishing, Saving, use_publishing};
use super::text;
use super::waiting::StageTitle;
use crate::ui::leave::{LeaveGuard, guard_tab};
use crate::ui::live::{effect, live, memo, view};
use crate::ui::{Button, ButtonKind, Confirm, ErrorPanel, Glyph, TextArea, TextInput};
use leptos::prelude::*;

/// The form.
#[component]
pub fn Describe() -> impl IntoView {
    let state = use_publishing();
    let remade = memo(move || state.remade.get());
    guard_tab(Signal::derive(move || {
        *state.saving.read() != Saving::Saved
    }));
    let would_lose = memo(move || state.would_lose());
    let go = Callback::new(move |href: String| state.outside.go(&href));
    let file = Signal::derive(move || {
        let draft = state.draft.get();
        draft.map_or_else(String::new, |draft| {
            format!("Describe {}", draft.value.file)
        })
    });
    view! {
        <LeaveGuard dirty=would_lose go=go/>
        <StageTitle text=file/>
        <About/>
        {live(move || {
            // Made anew when what they hold came from elsewhere than their own fields.
            remade.get();
            view! {
                <Stages/>
                <Inputs/>
                <Outputs/>
                <Parameters/>
                <Samples/>
            }
        })}
        <Checks/>
        <Bar/>
    }
}

/// A signal that holds a text of the form, and tells the form what becomes of it.
fn bound(
    state: Publishing,
    get: fn(&Form) -> &String,
    set: fn(&mut Form, String),
) -> RwSignal<String> {
    let text = RwSignal::new(state.form.with_untracked(|form| get(form).clone()));
    effect(move || {
        let now = text.get();
        if state.form.with_untracked(|form| *get(form) != now) {
            state.edit(|form| set(form, now));
        }
    });
    text
}

#[component]
fn About() -> impl IntoView {
    let state = use_publishing();
    let wrong = move |pointer: &'static str| {
        Signal::derive(move || {
            state
                .problems
                .read()
                .get(pointer)
                .cloned()
                .unwrap_or_default()
        })
    };
    // The next version of a service has that one's name; its description is changed there.
    let new = state.svc().is_none();
    let notes = bound(state, |form| &form.notes, |form, text| form.notes = text);
    view! {
        <section class="section publish-about" aria-labelledby="publish-about">
            <h3 class="section-title" id="publish-about">{text::ABOUT}</h3>
            <div class="stack publish-fields">
                {new
                    .then(|| {
                        let name = bound(state, |form| &form.name, |form, text| form.name = text);
                        let description = bound(
                            state,
                            |form| &form.description,
                            |form, text| form.description = text,
                        );
                        view! {
                            <TextInput label=text::NAME value=name hint=text::NAME_HINT error=wrong("/name") name="name"/>
                            <TextArea
                                label=text::DESCRIPTION
                                value=description
                                hint=text::DESCRIPTION_HINT
                                error=wrong("/description")
                                name="description"
                                rows=2
                                optional=true
                            />
                        }
                    })}
                <TextArea
                    label=text::NOTES
                    value=notes
                    hint=text::NOTES_HINT
                    error=wrong("/notes")
                    name="notes"
                    rows=3
                    optional=true
                />
            </div>
        </section>
    }
}

/// The act, and whether all is saved. It stays in view.
#[component]
fn Bar() -> impl IntoView {
    let state = use_publishing();
    let asking = RwSignal::new(false);
    let saving = move || match state.saving.get() {
        // A button that can't be used says why to the pointer alone; here everybody reads it.
        Saving::Saved => match state.blocked() {
            reason if reason.is_empty() => text::SAVED.to_owned(),
            reason => format!("{}. {reason}.", text::SAVED),
        },
        Saving::Soon if state.problems.read().is_empty() => text::SAVING.to_owned(),
        Saving::Soon => text::NOT_SAVED.to_owned(),
        Saving::Failed(error) => format!("Not saved: {}", error.in_words()),
    };
    // If it fails, the reason stands beside the act.
    effect(move || {
        if !state.discarding.get() {
            asking.set(false);
        }
    });
    view! {
        {live(move || state.failure.get().map(|error| view! { <ErrorPanel error=error/> }))}
        <footer class="publish-bar">
            <p class="muted publish-saved" role="status">{saving}</p>
            <Button kind=ButtonKind::Quiet glyph=Glyph::Trash on_click=Callback::new(move |_| asking.set(true))>
                {text::DISCARD}
            </Button>
            <Button
                kind=ButtonKind::Primary
                busy=Signal::derive(move || state.doing.get() == Some(Act::Publish))
                blocked=Signal::derive(move || state.blocked())
                on_click=Callback::new(move |_| state.act(Act::Publish))
            >
                {text::PUBLISH}
            </Button>
        </footer>
        <Confirm
            open=asking
            title="Discard this draft?"
            action=text::DISCARD
            busy=state.discarding
            on_confirm=Callback::new(move |()| state.discard())
        >
            <p>{text::DISCARD_TEXT}</p>
        </Confirm>
    }
}
