//! The end of a rollout: what was tried is promoted, or taken back.

use super::Stand;
use crate::client;
use crate::ui::Confirm;
use crate::ui::act::Act;
use crate::ui::focus::catch_focus;
use crate::ui::live::view;
use leptos::prelude::*;

/// Asks before the tried version is promoted.
#[component]
pub fn Promote(stand: Stand, open: RwSignal<bool>) -> impl IntoView {
    let versions = move || {
        let rollout = stand.rollout();
        rollout.map_or((0, 0), |rollout| {
            (rollout.current.version, rollout.candidate.version)
        })
    };
    let act = Act::new();
    let promote = Callback::new(move |()| finish(stand, open, act, None));
    view! {
        <Confirm
            open=open
            title=Signal::derive(move || format!("Promote version {}?", versions().1))
            action="Promote"
            danger=false
            busy=act.busy
            error=act.failure
            on_confirm=promote
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
    let act = Act::new();
    let end = Callback::new(move |()| {
        let done = format!("Version {} answers every call again.", untrack(current));
        finish(stand, open, act, Some(done));
    });
    view! {
        <Confirm
            open=open
            title=Signal::derive(move || format!("Go back to version {} alone?", current()))
            action="Go back"
            busy=act.busy
            error=act.failure
            on_confirm=end
        >
            <p>{move || format!("Version {} answers every call again, from the next one on.", current())}</p>
            <p>"What both sides showed is dropped."</p>
        </Confirm>
    }
}

/// Promotes, or takes back and says `taken_back`.
fn finish(stand: Stand, open: RwSignal<bool>, act: Act, taken_back: Option<String>) {
    let (place, models, etag) = (stand.place.get_value(), stand.models(), stand.etag());
    let ends = taken_back.is_some();
    let call = async move {
        if ends {
            client::rollout::end(&place, &etag).await
        } else {
            client::rollout::promote(&place).await
        }
    };
    act.run(call, move |()| {
        open.try_set(false);
        stand.outside.outdated();
        if let Some(words) = taken_back {
            stand.toasts.success(words);
            stand.put(None);
            catch_focus("#main h1");
        } else {
            // A note would go with this page; the next one says what is served.
            stand.outside.go(&models);
        }
    });
}
