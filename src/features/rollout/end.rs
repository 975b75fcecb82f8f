//! The end of a rollout: what was tried is promoted, or taken back.

use super::Stand;
use crate::client::{self, Answer, ClientError};
use crate::ui::Confirm;
use crate::ui::live::view;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Asks before the tried version is promoted.
#[component]
pub fn Promote(stand: Stand, open: RwSignal<bool>) -> impl IntoView {
    let versions = move || {
        let rollout = stand.rollout();
        rollout.map_or((0, 0), |rollout| {
            (rollout.current.version, rollout.candidate.version)
        })
    };
    let (busy, failure) = (RwSignal::new(false), RwSignal::new(None::<ClientError>));
    let act = Callback::new(move |()| {
        let done = format!("Version {} answers every call now.", untrack(versions).1);
        finish(stand, open, busy, failure, true, done);
    });
    view! {
        <Confirm
            open=open
            title=Signal::derive(move || format!("Promote version {}?", versions().1))
            action="Promote"
            danger=false
            busy=busy
            error=failure
            on_confirm=act
        >
            <p>{move || {
                let (current, candidate) = versions();
                format!("Version {candidate} answers every call from then on, in place of version {current}. The endpoint’s own models are kept.")
            }}</p>
            <p class="muted">"The revisions lead back."</p>
        </Confirm>
    }
}

/// Asks before the rollout ends without effect.
#[component]
pub fn End(stand: Stand, open: RwSignal<bool>) -> impl IntoView {
    let current = move || stand.rollout().map_or(0, |rollout| rollout.current.version);
    let (busy, failure) = (RwSignal::new(false), RwSignal::new(None::<ClientError>));
    let act = Callback::new(move |()| {
        let done = format!("Version {} answers every call again.", untrack(current));
        finish(stand, open, busy, failure, false, done);
    });
    view! {
        <Confirm
            open=open
            title=Signal::derive(move || format!("Go back to version {} alone?", current()))
            action="Go back"
            busy=busy
            error=failure
            on_confirm=act
        >
            <p>{move || format!("Version {} answers every call again, from the next one on.", current())}</p>
            <p>"What both sides showed is dropped."</p>
        </Confirm>
    }
}

/// Ends the rollout one way or the other.
fn finish(
    stand: Stand,
    open: RwSignal<bool>,
    busy: RwSignal<bool>,
    failure: RwSignal<Option<ClientError>>,
    promotes: bool,
    done: String,
) {
    if busy.get_untracked() {
        return;
    }
    busy.set(true);
    failure.set(None);
    let (place, models, etag) = (stand.place.get_value(), stand.models(), stand.etag());
    spawn_local(async move {
        let answer: Answer<()> = if promotes {
            client::rollout::promote(&place).await
        } else {
            client::rollout::end(&place, &etag).await
        };
        busy.try_set(false);
        match answer {
            Ok(()) => {
                open.try_set(false);
                stand.toasts.success(done);
                stand.outside.outdated();
                if promotes {
                    stand.outside.go(&models);
                } else {
                    stand.now.try_set(Some(Ok(None)));
                }
            }
            Err(error) => {
                failure.try_set(Some(error));
            }
        }
    });
}
