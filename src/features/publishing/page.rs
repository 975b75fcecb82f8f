//! The page that publishes: what it shows is what has become of the file so far.

use super::describe::Describe;
use super::start::Start;
use super::state::{Publishing, Stage, use_publishing};
use super::text;
use super::waiting::{Refused, Uploading, Vetting};
use crate::outside::asked;
use crate::ui::focus::catch_focus_after;
use crate::ui::live::{live, memo, view};
use crate::ui::{Button, ButtonKind, ErrorPanel, Skeleton};
use leptos::prelude::*;
use portico_api::id::{ServiceId, WorkspaceId};

/// The page.
#[component]
pub fn PublishPage(
    /// The workspace.
    ws: WorkspaceId,
    /// The service whose next version is made; a new one if absent.
    svc: Option<ServiceId>,
) -> impl IntoView {
    let state = Publishing::new(ws, svc, asked("draft"));
    provide_context(state);
    catch_focus_after(move || state.stage.track(), ".publish h2");
    view! {
        <div class="publish">
            <Steps/>
            {live(move || {
                // Beside the form it stands where the form's acts are.
                let elsewhere = state.stage.get() == Stage::Ready;
                state.failure.get().filter(|_| !elsewhere).map(|error| view! { <ErrorPanel error=error/> })
            })}
            {live(move || match state.stage.get() {
                Stage::Loading => view! { <Skeleton lines=8/> },
                Stage::Start => view! { <Start/> },
                Stage::Uploading => view! { <Uploading/> },
                Stage::Vetting => view! { <Vetting/> },
                Stage::Refused => view! { <Refused/> },
                Stage::Ready => view! { <Describe/> },
                Stage::Published => view! { <Published/> },
            })}
        </div>
    }
}

/// How far it is.
#[component]
fn Steps() -> impl IntoView {
    let state = use_publishing();
    let now = memo(move || match state.stage.get() {
        Stage::Loading | Stage::Start | Stage::Uploading => 0_usize,
        Stage::Vetting | Stage::Refused => 1,
        Stage::Ready => 2,
        Stage::Published => 4,
    });
    let steps = text::STEPS
        .into_iter()
        .enumerate()
        .map(|(index, word)| {
            view! {
                <li
                    class="publish-step"
                    class:publish-step-done=move || index < now.get()
                    aria-current=move || (index == now.get()).then_some("step")
                >
                    <span class="publish-step-number" aria-hidden="true">{index + 1}</span>
                    {word}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="publish-steps" aria-label=text::STEPS_LABEL>{steps}</ol> }
}

#[component]
fn Published() -> impl IntoView {
    let state = use_publishing();
    let version = state.draft.with_untracked(|draft| {
        let draft = &draft.as_ref()?.value;
        let page = crate::routes::Page::Version {
            ws: state.ws(),
            svc: draft.service_id.clone()?,
            number: draft.version?,
        };
        Some(page.href())
    });
    view! {
        <div class="empty">
            <p class="empty-title">{text::PUBLISHED}</p>
            <div class="empty-action row">
                {version.map(|href| view! { <a class=ButtonKind::Primary.class() href=href>"Show the version"</a> })}
                <Button on_click=Callback::new(move |_| state.forget())>{text::CHOOSE_OTHER}</Button>
            </div>
        </div>
    }
}
