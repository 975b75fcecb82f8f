//! *Staged rollout*: a version is tried on a share of an endpoint's calls, or beside all of them without
//! effect, and both sides are seen next to each other before it is promoted or taken back.

mod bars;
mod end;
mod form;
pub mod model;
mod report;

use crate::client::endpoints::Place;
use crate::client::{self, Answer, Versioned};
use crate::outside::{Outside, use_outside};
use crate::routes::{EndpointTab, Page};
use crate::ui::live::{live, memo, view};
use crate::ui::resource::Resource;
use crate::ui::toast::{Toasts, use_toasts};
use crate::ui::{EmptyState, ErrorPanel, Loaded, Skeleton, timer};
use form::StartForm;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::endpoint::Endpoint;
use portico_api::page::{PAGE_SIZE_MAX, PageQuery};
use portico_api::rollout::Rollout;
use report::Report;
use std::time::Duration;

/// How often both sides are asked for while the page is seen.
const EVERY: Duration = Duration::from_secs(2);

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Stand {
    place: StoredValue<Place>,
    /// The rollout; `Some(Ok(None))` if there is none.
    now: RwSignal<Option<Answer<Option<Versioned<Rollout>>>>>,
    /// Whether it is asked for; a slow answer is not asked for twice.
    asking: StoredValue<bool>,
    /// Counts what was done here: an answer to an earlier question is dropped.
    done: StoredValue<u32>,
    outside: Outside,
    toasts: Toasts,
}

impl Stand {
    /// Asks for both sides; what is shown stays if that fails.
    fn load(self) {
        let Some(place) = self.place.try_get_value() else {
            return;
        };
        if self.asking.try_get_value() != Some(false) {
            return;
        }
        self.asking.set_value(true);
        let done = self.done.get_value();
        spawn_local(async move {
            let answer = client::rollout::find(&place).await;
            self.asking.try_set_value(false);
            if self.done.try_get_value() != Some(done) {
                return;
            }
            self.now.try_update(|now| {
                if answer.is_ok() || !matches!(now, Some(Ok(_))) {
                    *now = Some(answer);
                }
            });
        });
    }

    /// What was done here made this of it.
    fn put(self, now: Option<Versioned<Rollout>>) {
        self.done.try_update_value(|done| *done += 1);
        self.now.try_set(Some(Ok(now)));
    }

    /// The rollout, tracked.
    fn rollout(self) -> Option<Rollout> {
        match &*self.now.read() {
            Some(Ok(Some(rollout))) => Some(rollout.value.clone()),
            _ => None,
        }
    }

    /// The state that what is shown was read in.
    fn etag(self) -> String {
        match &*self.now.read_untracked() {
            Some(Ok(Some(rollout))) => rollout.etag.clone(),
            _ => String::new(),
        }
    }

    /// The endpoint's page.
    fn models(self) -> String {
        let Place { ws, svc, name } = self.place.get_value();
        Page::Endpoint {
            ws,
            svc,
            name,
            tab: EndpointTab::Models,
        }
        .href()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Waiting,
    Failed,
    None,
    Running,
}

/// The staged rollout of an endpoint.
#[component]
pub fn RolloutView(
    /// The endpoint.
    place: Place,
) -> impl IntoView {
    let stand = Stand {
        place: StoredValue::new(place),
        now: RwSignal::new(None),
        asking: StoredValue::new(false),
        done: StoredValue::new(0),
        outside: use_outside(),
        toasts: use_toasts(),
    };
    stand.load();
    let shown = memo(move || match &*stand.now.read() {
        None => Shown::Waiting,
        Some(Err(_)) => Shown::Failed,
        Some(Ok(None)) => Shown::None,
        Some(Ok(Some(_))) => Shown::Running,
    });
    // Without a rollout there is nothing that moves by itself.
    timer::every(EVERY, move || {
        let running = shown.try_get_untracked() == Some(Shown::Running);
        if running && !document().hidden() {
            stand.load();
        }
    });
    let failed = move || match &*stand.now.read_untracked() {
        Some(Err(error)) => {
            let retry = Callback::new(move |()| stand.load());
            Some(view! { <ErrorPanel error=error.clone() retry=retry/> })
        }
        _ => None,
    };
    view! {
        <div class="rollout">
            {live(move || match shown.get() {
                Shown::Waiting => view! { <Skeleton lines=10/> },
                Shown::Failed => failed().into_any(),
                Shown::None => view! { <Begin stand=stand/> },
                Shown::Running => view! { <Report stand=stand/> },
            })}
            <p class="many-back"><a href=stand.models()>"Back to the endpoint’s models"</a></p>
        </div>
    }
}

/// What there is to choose from, before a rollout begins.
#[component]
fn Begin(stand: Stand) -> impl IntoView {
    let place = stand.place.get_value();
    let loaded = Resource::new(move || {
        let place = place.clone();
        async move { choices(&place).await }
    });
    view! {
        <Loaded resource=loaded waiting=|| view! { <Skeleton lines=8/> } let:loaded>
            <Choices stand=stand endpoint=loaded.0.value versions=loaded.1/>
        </Loaded>
    }
}

#[component]
fn Choices(stand: Stand, endpoint: Endpoint, versions: Vec<u32>) -> impl IntoView {
    if endpoint.is_default {
        view! {
            <EmptyState
                title="The default endpoint follows the newest version"
                text="A version is tried on another endpoint, one that keeps its version until it is updated."
            />
        }
    } else if versions.is_empty() {
        view! {
            <EmptyState
                title="There is no other version to try"
                text="Once another version of the service is published, it can be tried here on a part of this endpoint’s calls."
            />
        }
    } else {
        view! { <StartForm stand=stand current=endpoint.version versions=versions/> }
    }
}

/// The endpoint, and the versions that it could try: newest first.
async fn choices(place: &Place) -> Answer<(Versioned<Endpoint>, Vec<u32>)> {
    let endpoint = client::endpoints::get(place).await?;
    let query = PageQuery {
        page_size: Some(PAGE_SIZE_MAX),
        page_token: None,
    };
    let list = client::versions::list(&place.ws, &place.svc, &query).await?;
    let others = list.items.into_iter().map(|version| version.number);
    let others = others
        .filter(|number| *number != endpoint.value.version)
        .collect();
    Ok((endpoint, others))
}
