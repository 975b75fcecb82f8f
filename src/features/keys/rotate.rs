//! Rotates a slot: which one, how long the old key lives on, and the new key, shown once.

use super::KeyRing;
use super::model::{GRACES, by_slot, slot_in_sentence, slot_word};
use crate::client::{self, ClientError};
use crate::features::account::step_up::use_step_up;
use crate::features::endpoints::random_hex;
use crate::ui::choice::Show;
use crate::ui::focus::focus_first;
use crate::ui::letters::upper;
use crate::ui::live::{live, view};
use crate::ui::number::counted;
use crate::ui::{
    Button, ButtonKind, Confirm, CopyButton, CopySource, Dialog, ErrorPanel, RelativeTime,
};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::key::{GRACE_DEFAULT_SECONDS, KeySlot, RotateKey};
use portico_api::problem::Code;
use portico_api::workspace::RevealPolicy;

/// The dialog.
#[component]
pub fn RotateDialog(
    /// The endpoint's keys.
    ring: KeyRing,
    /// The slot that it opens with.
    which: KeySlot,
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    // The new key in clear, from the answer until the dialog closes.
    let fresh = RwSignal::new(None::<String>);
    let rotated = RwSignal::new(false);
    let copied = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let end = move || {
        asking.set(false);
        open.set(false);
        fresh.set(None);
        rotated.set(false);
        copied.set(false);
    };
    let close = Callback::new(move |()| {
        let lost = fresh.read_untracked().is_some() && !copied.get_untracked();
        if lost && ring.policy == RevealPolicy::Once {
            asking.set(true);
        } else {
            end();
        }
    });
    let title = Signal::derive(move || {
        if rotated.get() {
            "The new key".to_owned()
        } else {
            "Rotate a key".to_owned()
        }
    });
    view! {
        <Dialog open=open title=title on_close=close>
            <Show
                when=move || rotated.get()
                fallback=move || view! { <RotateForm ring=ring which=which fresh=fresh rotated=rotated close=close/> }
            >
                <Fresh ring=ring fresh=fresh copied=copied close=close/>
            </Show>
        </Dialog>
        <Confirm
            open=asking
            title="Close without copying the key?"
            action="Close"
            on_confirm=Callback::new(move |()| end())
        >
            <p>"This workspace shows a key once. You will not see this one again."</p>
        </Confirm>
    }
}

#[component]
fn RotateForm(
    ring: KeyRing,
    which: KeySlot,
    fresh: RwSignal<Option<String>>,
    rotated: RwSignal<bool>,
    close: Callback<()>,
) -> impl IntoView {
    let slot = RwSignal::new(which);
    let grace = RwSignal::new(GRACE_DEFAULT_SECONDS);
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<ClientError>);
    let step_up = use_step_up();
    // Sent with each try of this dialog: trying again rotates once.
    let once = StoredValue::new(random_hex());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let place = ring.place.get_value();
        let body = RotateKey {
            grace_seconds: grace.get_untracked(),
        };
        let slot = slot.get_untracked();
        spawn_local(async move {
            let Some(once) = once.try_get_value() else {
                return;
            };
            let answer = step_up
                .guard(|| {
                    let (place, once) = (place.clone(), once.clone());
                    async move { client::keys::rotate(&place, slot, &body, &once).await }
                })
                .await;
            busy.try_set(false);
            match answer {
                Ok(answer) => {
                    fresh.try_set(answer.value);
                    rotated.try_set(true);
                    focus_first("dialog[open] .key-fresh .button");
                    ring.load();
                }
                // The person closed the question; the dialog stays as it is.
                Err(error) if error.is(Code::StepUpRequired) => {}
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <form class="dialog-form" on:submit=submit>
            <div class="dialog-body">
                <fieldset class="segments">
                    <legend class="field-label">"Slot"</legend>
                    <div class="segment-row">
                        {KeySlot::ALL
                            .into_iter()
                            .map(|this| view! {
                                <label class="segment">
                                    <input
                                        type="radio"
                                        name="rotate-slot"
                                        autofocus=this == which
                                        prop:checked=move || slot.get() == this
                                        on:change=move |_| {
                                            slot.set(this);
                                            // Another slot is another act.
                                            once.set_value(random_hex());
                                        }
                                    />
                                    <span>{slot_word(this)}</span>
                                </label>
                            })
                            .collect_view()}
                    </div>
                </fieldset>
                <OldUse ring=ring chosen=slot/>
                <fieldset class="graces">
                    <legend class="field-label">"How long the old key keeps working"</legend>
                    {GRACES
                        .into_iter()
                        .map(|choice| view! {
                            <label class="grace">
                                <input
                                    type="radio"
                                    name="rotate-grace"
                                    prop:checked=move || grace.get() == choice.seconds
                                    on:change=move |_| {
                                        grace.set(choice.seconds);
                                        once.set_value(random_hex());
                                    }
                                />
                                <span>{choice.label}</span>
                            </label>
                        })
                        .collect_view()}
                </fieldset>
                {move || failure.get().map(|error| view! { <ErrorPanel error=error/> })}
            </div>
            <footer class="dialog-foot">
                <Button on_click=Callback::new(move |_| close.run(()))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy=busy>"Rotate"</Button>
            </footer>
        </form>
    }
}

/// How much the key that is about to be rotated away is used.
#[component]
fn OldUse(ring: KeyRing, chosen: RwSignal<KeySlot>) -> impl IntoView {
    live(move || {
        let slot = chosen.get();
        let of_slot = by_slot(&ring.keys())
            .into_iter()
            .find(|each| each.slot == slot)?;
        let key = of_slot.newest?;
        let calls = counted(key.calls_last_hour, "call", "calls");
        let last = match key.last_used_at {
            Some(time) => view! {
                "was last used " <RelativeTime time=time/> ", with " <span class="num">{calls}</span> " in the last hour."
            }
            .into_any(),
            None => "was never used.".into_any(),
        };
        let older = of_slot.old.is_some();
        Some(view! {
            <p class="notice tone-neutral">
                {sentence_start(slot_in_sentence(slot))} " " {last}
                {older.then_some(" An older key of this slot is still in its grace; it stops now.")}
            </p>
        })
    })
}

fn sentence_start(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().collect();
    format!("{}{}", upper(&first), letters.as_str())
}

/// The new key, in clear.
#[component]
fn Fresh(
    ring: KeyRing,
    fresh: RwSignal<Option<String>>,
    copied: RwSignal<bool>,
    close: Callback<()>,
) -> impl IntoView {
    let note = match ring.policy {
        RevealPolicy::Once => "Copy it now: this workspace shows a key once.",
        RevealPolicy::AnyTime => "Hand it to whoever calls with this slot.",
    };
    view! {
        <div class="dialog-body key-fresh">
            {move || match fresh.get() {
                Some(text) => view! {
                    <p>{note}</p>
                    <code class="key-text key-clear">{text.clone()}</code>
                    <CopyButton
                        source=CopySource::text(text)
                        label="Copy"
                        on_copied=Callback::new(move |()| copied.set(true))
                    />
                }
                .into_any(),
                None => view! {
                    <p>"An earlier try had rotated this key already; its new value stood in that answer. Reveal it, or rotate once more."</p>
                }
                .into_any(),
            }}
        </div>
        <footer class="dialog-foot">
            <Button kind=ButtonKind::Primary on_click=Callback::new(move |_| close.run(()))>"Done"</Button>
        </footer>
    }
}
