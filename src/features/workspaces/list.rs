//! The list of workspaces, and which list a person starts with.

use super::create::CreateWorkspaceDialog;
use super::mine::MyEndpointsPage;
use super::text;
use crate::client;
use crate::features::shell::PageHeader;
use crate::routes::{Page, WorkspaceTab};
use crate::session::use_session;
use crate::ui::choice::For;
use crate::ui::live::{live, memo, view};
use crate::ui::number::{counted, grouped};
use crate::ui::{
    Button, ButtonKind, EmptyState, Glyph, Listing, ListingView, RelativeTime, TableFrame,
};
use leptos::prelude::*;
use portico_api::workspace::Workspace;

/// The start: workspaces for who publishes, granted endpoints for customers.
#[component]
pub fn HomePage() -> impl IntoView {
    let customer = memo(|| use_session().only_customer());
    live(move || {
        if customer.get() {
            view! { <MyEndpointsPage/> }.into_any()
        } else {
            view! { <WorkspacesPage/> }.into_any()
        }
    })
}

/// The list of workspaces.
#[component]
pub fn WorkspacesPage() -> impl IntoView {
    let session = use_session();
    let listing = Listing::new(|query| async move { client::workspaces::list(&query).await });
    let creating = RwSignal::new(false);
    let may_create = memo(move || session.me().is_some_and(|me| me.administrator));
    let blocked = Signal::derive(move || {
        if may_create.get() {
            String::new()
        } else {
            text::ONLY_ADMINISTRATORS.to_owned()
        }
    });
    let create = move || {
        view! {
            <Button
                kind=ButtonKind::Primary
                glyph=Glyph::Plus
                blocked=blocked
                on_click=Callback::new(move |_| creating.set(true))
            >
                {text::CREATE}
            </Button>
        }
    };
    let empty = move || {
        let note = if may_create.get() {
            text::NONE_TEXT
        } else {
            text::NONE_TEXT_OTHERS
        };
        view! { <EmptyState title=text::NONE_TITLE text=note/> }
    };
    view! {
        <PageHeader title=text::WORKSPACES action=create/>
        <ListingView listing=listing empty=empty>
            <Workspaces listing=listing/>
        </ListingView>
        <CreateWorkspaceDialog open=creating/>
    }
}

#[component]
fn Workspaces(listing: Listing<Workspace>) -> impl IntoView {
    let items = listing.items();
    let footer = Signal::derive(move || {
        let count = items.read().len();
        let more = if listing.is_complete() {
            ""
        } else {
            ", more to come"
        };
        format!(
            "{}{more}",
            counted(
                u64::try_from(count).unwrap_or_default(),
                "workspace",
                "workspaces"
            )
        )
    });
    view! {
        <TableFrame label=text::WORKSPACES footer=footer>
            <thead>
                <tr>
                    <th scope="col">{text::NAME}</th>
                    <th scope="col" class="wide">{text::DESCRIPTION}</th>
                    <th scope="col" class="num">{text::SERVICES}</th>
                    <th scope="col" class="num">{text::ENDPOINTS}</th>
                    <th scope="col">{text::ROLE}</th>
                    <th scope="col">{text::UPDATED}</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || items.get()
                    key=|workspace| format!("{} {}", workspace.id, workspace.updated_at)
                    let:workspace
                >
                    <WorkspaceRow workspace=workspace/>
                </For>
            </tbody>
        </TableFrame>
    }
}

#[component]
fn WorkspaceRow(workspace: Workspace) -> impl IntoView {
    let href = Page::Workspace {
        ws: workspace.id,
        tab: WorkspaceTab::default(),
    }
    .href();
    view! {
        <tr>
            <th scope="row"><a href=href>{workspace.name}</a></th>
            <td class="wide muted"><span class="clip">{workspace.description}</span></td>
            <td class="num">{grouped(workspace.services.into())}</td>
            <td class="num">{grouped(workspace.endpoints.into())}</td>
            <td>{text::role(workspace.role)}</td>
            <td class="muted"><RelativeTime time=workspace.updated_at/></td>
        </tr>
    }
}
