//! Somebody else saved first: both values of each setting that collides, and the person picks.

use super::settings::{Conflict, Setting, Settings};
use crate::ui::live::{memo, view};
use crate::ui::{Button, ButtonKind, Dialog};
use leptos::prelude::*;

/// The dialog that asks.
#[component]
pub fn ConflictDialog(
    /// What collides; nothing while nothing does.
    conflict: RwSignal<Option<Conflict>>,
    /// Called with the settings that the form goes on from.
    on_pick: Callback<Settings>,
) -> impl IntoView {
    let open = Signal::derive(move || conflict.read().is_some());
    let close = Callback::new(move |()| conflict.set(None));
    view! {
        <Dialog open=open title="Changed by someone else meanwhile" wide=true on_close=close>
            {move || conflict.get().map(|conflict| view! { <Picker conflict=conflict on_pick=on_pick close=close/> })}
        </Dialog>
    }
}

#[component]
fn Picker(conflict: Conflict, on_pick: Callback<Settings>, close: Callback<()>) -> impl IntoView {
    let keep = RwSignal::new(conflict.to_pick.clone());
    let rows = conflict
        .to_pick
        .iter()
        .map(|setting| {
            let (mine, theirs) = (
                conflict.mine.shown(*setting),
                conflict.theirs.shown(*setting),
            );
            view! { <Pick setting=*setting mine=mine theirs=theirs keep=keep/> }
        })
        .collect_view();
    let taken: Vec<&str> = conflict
        .taken
        .iter()
        .map(|setting| setting.label())
        .collect();
    let taken = (!taken.is_empty())
        .then(|| view! { <p class="muted">{format!("Only they changed: {}. That stays as they left it.", taken.join(", "))}</p> });
    let none = conflict.to_pick.is_empty();
    let pick = move |_| on_pick.run(conflict.settled(&keep.read_untracked()));
    view! {
        <div class="dialog-body">
            <p>
                {if none {
                    "Nothing that they changed collides with what you changed. Save yours on top of theirs?"
                } else {
                    "Both of you changed the following. Pick the value that shall stand; nothing was saved yet."
                }}
            </p>
            {rows}
            {taken}
        </div>
        <footer class="dialog-foot">
            <Button on_click=Callback::new(move |_| close.run(()))>"Keep editing"</Button>
            <Button kind=ButtonKind::Primary on_click=Callback::new(pick)>"Save these"</Button>
        </footer>
    }
}

/// One setting with both values.
#[component]
fn Pick(
    setting: Setting,
    mine: String,
    theirs: String,
    keep: RwSignal<Vec<Setting>>,
) -> impl IntoView {
    let group = format!("pick-{}", setting.label());
    let kept = memo(move || keep.read().contains(&setting));
    let shown = |text: String| {
        if text.is_empty() {
            "(empty)".to_owned()
        } else {
            text
        }
    };
    view! {
        <fieldset class="pick">
            <legend class="field-label">{setting.label()}</legend>
            <label class="choice" class:chosen=move || kept.get()>
                <input
                    type="radio"
                    name=group.clone()
                    prop:checked=move || kept.get()
                    on:change=move |_| keep.update(|keep| keep.push(setting))
                />
                <span class="choice-title">"Yours"</span>
                <span class="choice-note">{shown(mine)}</span>
            </label>
            <label class="choice" class:chosen=move || !kept.get()>
                <input
                    type="radio"
                    name=group
                    prop:checked=move || !kept.get()
                    on:change=move |_| keep.update(|keep| keep.retain(|kept| *kept != setting))
                />
                <span class="choice-title">"Theirs"</span>
                <span class="choice-note">{shown(theirs)}</span>
            </label>
        </fieldset>
    }
}
