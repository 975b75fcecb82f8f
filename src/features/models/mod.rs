//! *Models*: which version an endpoint serves, which models of its own it has, and the states that it
//! was in. Publishers change them; customers see them, hear of a newer version and may move to it.

mod compare;
pub mod model;
mod newer;
mod plan;
mod plan_view;
mod revisions;
mod stages;
mod stay;
mod upload;
mod version;

use crate::client::endpoints::Place;
use crate::client::{self, Answer, Versioned};
use crate::outside::{Outside, use_outside};
use crate::ui::live::{live, memo, view};
use crate::ui::toast::{Toasts, use_toasts};
use crate::ui::{ErrorPanel, Listing, Skeleton};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::endpoint::Endpoint;
use portico_api::rollout::Notice;
use portico_api::service::Version;
use portico_api::update::Revision;
use revisions::Revisions;
use stages::Stages;
use version::VersionCard;

/// An endpoint with what its models are seen against.
#[derive(Clone, PartialEq)]
struct Around {
    endpoint: Versioned<Endpoint>,
    /// The version that it serves.
    version: Version,
    /// The number of the newest version.
    newest: u32,
    /// What is to be known of the newest version, if the endpoint does not serve it.
    notice: Option<Notice>,
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Desk {
    place: StoredValue<Place>,
    around: RwSignal<Option<Answer<Around>>>,
    /// Counts how often it was asked for: an older answer than the last one is dropped.
    asked: StoredValue<u32>,
    revisions: Listing<Revision>,
    outside: Outside,
    toasts: Toasts,
}

impl Desk {
    fn new(place: Place) -> Self {
        let of = place.clone();
        let desk = Self {
            place: StoredValue::new(place),
            around: RwSignal::new(None),
            asked: StoredValue::new(0),
            revisions: Listing::new(move |query| {
                let place = of.clone();
                async move { client::revisions::list(&place, &query).await }
            }),
            outside: use_outside(),
            toasts: use_toasts(),
        };
        desk.load();
        desk
    }

    /// Asks for the endpoint anew; what is shown stays until the answer is there.
    fn load(self) {
        let Some(place) = self.place.try_get_value() else {
            return;
        };
        let this = self.asked.get_value().wrapping_add(1);
        self.asked.set_value(this);
        spawn_local(async move {
            let answer = load(&place).await;
            if self.asked.try_get_value() != Some(this) {
                return;
            }
            self.around.try_update(|around| {
                if answer.is_ok() || !matches!(around, Some(Ok(_))) {
                    *around = Some(answer);
                }
            });
        });
    }

    /// Something was changed: here, and in what the portal shows around the page.
    fn changed(self) {
        self.load();
        self.revisions.reload();
        self.outside.outdated();
    }

    /// A part of what is known, tracked; none before it is there.
    fn part<T>(self, part: impl FnOnce(&Around) -> T) -> Option<T> {
        self.around.with(|around| match around {
            Some(Ok(around)) => Some(part(around)),
            _ => None,
        })
    }

    /// Why the endpoint's models and version can't be changed by this person; empty if they can.
    fn publishers_only(self) -> String {
        if self.outside.publisher() {
            String::new()
        } else {
            "Only publishers and owners of the workspace can do this".to_owned()
        }
    }
}

async fn load(place: &Place) -> Answer<Around> {
    let endpoint = client::endpoints::get(place).await?;
    let number = endpoint.value.version;
    let version = client::versions::get(&place.ws, &place.svc, number).await?;
    let service = client::services::get(&place.ws, &place.svc).await?.value;
    let newest = service.newest_version;
    let notice = if newest > number {
        client::rollout::notice(place).await?
    } else {
        None
    };
    Ok(Around {
        endpoint,
        version,
        newest,
        notice,
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Waiting,
    Failed,
    There,
}

/// The models of an endpoint.
#[component]
pub fn Models(
    /// The endpoint.
    place: Place,
) -> impl IntoView {
    let desk = Desk::new(place);
    let shown = memo(move || match &*desk.around.read() {
        None => Shown::Waiting,
        Some(Err(_)) => Shown::Failed,
        Some(Ok(_)) => Shown::There,
    });
    let failed = move || match &*desk.around.read_untracked() {
        Some(Err(error)) => {
            let retry = Callback::new(move |()| desk.load());
            Some(view! { <ErrorPanel error=error.clone() retry=retry/> })
        }
        _ => None,
    };
    live(move || match shown.get() {
        Shown::Waiting => view! { <Skeleton lines=12/> },
        Shown::Failed => failed().into_any(),
        Shown::There => view! {
            <div class="models-page">
                <VersionCard desk=desk/>
                <Stages desk=desk/>
                <Revisions desk=desk/>
            </div>
        },
    })
}
