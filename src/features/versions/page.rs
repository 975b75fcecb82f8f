//! The page of one version: what it takes and gives, how it scores, what it changes, who serves it.

use super::columns::{Samples, Stages};
use super::difference::Differences;
use super::list::served_href;
use super::parity::ParityCard;
use super::stay::StaySetting;
use super::text;
use crate::client::{self, Answer};
use crate::features::consume::schema_tables::SchemaTables;
use crate::outside::{asked, use_outside};
use crate::routes::{Page, ServiceTab};
use crate::ui::act::Act;
use crate::ui::live::{live, view};
use crate::ui::number::counted;
use crate::ui::resource::Resource;
use crate::ui::{ButtonKind, Glyph, Icon, Loaded, RelativeTime, Skeleton};
use leptos::prelude::*;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::page::{PAGE_SIZE_MAX, PageQuery};
use portico_api::service::Version;

/// One version.
#[component]
pub fn VersionPage(
    /// The workspace.
    ws: WorkspaceId,
    /// The service.
    svc: ServiceId,
    /// Its number.
    number: u32,
) -> impl IntoView {
    let ids = StoredValue::new((ws, svc));
    let version = Resource::new(move || {
        let (ws, svc) = ids.get_value();
        async move { client::versions::get(&ws, &svc, number).await }
    });
    // Counted apart: the page stands without it.
    let served = Resource::new(move || {
        let (ws, svc) = ids.get_value();
        async move { served(&ws, &svc, number).await }
    });
    view! {
        <Loaded resource=version waiting=|| view! { <Skeleton lines=12/> } let:version>
            <Details version=version served=served ids=ids/>
        </Loaded>
    }
}

/// How many endpoints serve a version; nothing if the list does not have it.
async fn served(ws: &WorkspaceId, svc: &ServiceId, number: u32) -> Answer<Option<u32>> {
    let mut query = PageQuery {
        page_size: Some(PAGE_SIZE_MAX),
        page_token: None,
    };
    loop {
        let page = client::versions::list(ws, svc, &query).await?;
        if let Some(found) = page.items.iter().find(|one| one.number == number) {
            return Ok(Some(found.endpoints));
        }
        match page.next_page_token {
            Some(token) => query.page_token = Some(token),
            None => return Ok(None),
        }
    }
}

#[component]
fn Details(
    version: Version,
    served: Resource<Answer<Option<u32>>>,
    ids: StoredValue<(WorkspaceId, ServiceId)>,
) -> impl IntoView {
    let publisher = use_outside().publisher();
    let number = version.number;
    let names: Vec<String> = version
        .schema
        .inputs
        .iter()
        .map(|input| input.name.clone())
        .collect();
    let notes = version.notes.clone();
    let serves = move || {
        let (ws, svc) = ids.get_value();
        match served.get() {
            Some(Ok(Some(count))) if publisher && count > 0 => {
                let words = counted(count.into(), "endpoint", "endpoints");
                Some(view! { <a href=served_href(ws, svc, number)>{words}</a> })
            }
            Some(Ok(Some(count))) => {
                Some(counted(count.into(), "endpoint", "endpoints").into_any())
            }
            _ => None,
        }
    };
    view! {
        <div class="stack version-page">
            {(publisher && asked("published").is_some()).then(|| view! { <Published ids=ids number=number/> })}
            {(!notes.is_empty()).then(|| view! { <p class="version-notes">{notes}</p> })}
            <dl class="facts">
                <dt>{text::BY}</dt>
                <dd>{version.published_by.clone()}</dd>
                <dt>{text::WHEN}</dt>
                <dd><RelativeTime time=version.created_at.clone()/></dd>
                <dt>{text::SERVED}</dt>
                <dd>{live(serves)}</dd>
            </dl>
            <Parity version=version.clone() ids=ids publisher=publisher/>
            {version.difference.clone().map(|difference| view! { <Differences difference=difference/> })}
            {(publisher && number > 1)
                .then(|| view! { <StaySetting ids=ids number=number until=version.may_stay_until.clone()/> })}
            <SchemaTables schema=version.schema.clone() number=number/>
            <section class="section">
                <h2 class="section-title">{text::STAGES}</h2>
                <Stages stages=version.stages.clone()/>
            </section>
            {(!version.samples.is_empty())
                .then(|| {
                    view! {
                        <section class="section">
                            <h2 class="section-title">{text::SAMPLES}</h2>
                            <Samples names=names rows=version.samples.clone()/>
                        </section>
                    }
                })}
        </div>
    }
}

/// What comes after publishing.
#[component]
fn Published(ids: StoredValue<(WorkspaceId, ServiceId)>, number: u32) -> impl IntoView {
    let (ws, svc) = ids.get_value();
    let service = Page::Service {
        ws,
        svc,
        tab: ServiceTab::Endpoints,
    }
    .href();
    let words = if number == 1 {
        text::PUBLISHED_FIRST
    } else {
        text::PUBLISHED_NEXT
    };
    view! {
        <section class="notice tone-good published" role="status">
            <Icon glyph=Glyph::Check/>
            <div class="published-text">
                <p><strong>{format!("Version {number} is published.")}</strong></p>
                <p>{words}</p>
            </div>
            <a class=ButtonKind::Primary.class() href=format!("{service}?add=1")>{text::ADD_ENDPOINT}</a>
        </section>
    }
}

#[component]
fn Parity(
    version: Version,
    ids: StoredValue<(WorkspaceId, ServiceId)>,
    publisher: bool,
) -> impl IntoView {
    let number = version.number;
    let parity = RwSignal::new(version.parity);
    let act = Act::new();
    let again = Callback::new(move |()| {
        let (ws, svc) = ids.get_value();
        let call = async move { client::versions::check(&ws, &svc, number).await };
        act.run(call, move |now| {
            parity.try_set(now);
        });
    });
    view! {
        {live(move || {
            let parity = parity.get();
            if publisher {
                view! { <ParityCard parity=parity again=again busy=act.busy/> }
            } else {
                view! { <ParityCard parity=parity/> }
            }
        })}
        {act.error()}
    }
}
