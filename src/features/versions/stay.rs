//! Until when customers may stay on the versions before this one.

use super::text;
use crate::client;
use crate::ui::act::Act;
use crate::ui::live::{memo, view};
use crate::ui::toast::use_toasts;
use crate::ui::{Button, TextInput};
use leptos::prelude::*;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::rollout::UpdateVersion;
use portico_api::time::Timestamp;

/// The setting.
#[component]
pub fn StaySetting(
    /// Workspace and service.
    ids: StoredValue<(WorkspaceId, ServiceId)>,
    /// The version.
    number: u32,
    /// Until when; absent: without limit.
    until: Option<Timestamp>,
) -> impl IntoView {
    let toasts = use_toasts();
    let set = until.map(|time| time.day().to_owned()).unwrap_or_default();
    let saved = RwSignal::new(set.clone());
    let day = RwSignal::new(set);
    let act = Act::new();
    let wrong = memo(move || {
        let day = day.read();
        let good = day.is_empty() || Timestamp::end_of_day(&day).is_some();
        if good { "" } else { text::STAY_WRONG }.to_owned()
    });
    let blocked = Signal::derive(move || {
        if !wrong.read().is_empty() {
            wrong.get()
        } else if day.get() == saved.get() {
            text::STAY_SAME.to_owned()
        } else {
            String::new()
        }
    });
    let save = move || {
        let wanted = day.get_untracked();
        let body = UpdateVersion {
            may_stay_until: Timestamp::end_of_day(&wanted),
        };
        let (ws, svc) = ids.get_value();
        let call = async move { client::versions::update(&ws, &svc, number, &body).await };
        act.run(call, move |()| {
            saved.try_set(wanted);
            toasts.success(text::STAY_SAVED);
        });
    };
    view! {
        <section class="card stay" aria-labelledby="version-stay">
            <h2 class="section-title" id="version-stay">{text::STAY}</h2>
            <form
                class="stay-form"
                on:submit=move |event| {
                    event.prevent_default();
                    if blocked.read_untracked().is_empty() {
                        save();
                    }
                }
            >
                <TextInput label=text::STAY_LABEL value=day kind="date" hint=text::STAY_HINT error=wrong optional=true/>
                <Button submit=true busy=act.busy blocked=blocked>{text::STAY_ACT}</Button>
            </form>
            {act.error()}
        </section>
    }
}
