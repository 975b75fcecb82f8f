//! Where the person is: the page of the address, and the workspace and service that it is in. They
//! are loaded once for breadcrumbs and page alike.

use crate::client::{self, Answer, Versioned};
use crate::routes::Page;
use crate::ui::live::memo;
use crate::ui::resource::Resource;
use leptos::prelude::*;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::service::Service;
use portico_api::workspace::Workspace;

/// Where the person is; made once in the shell.
#[derive(Clone, Copy)]
pub struct Scope {
    page: Memo<Option<Page>>,
    workspace: Resource<Option<Answer<Versioned<Workspace>>>>,
    service: Resource<Option<Answer<Versioned<Service>>>>,
}

fn workspace_of(page: Option<&Page>) -> Option<WorkspaceId> {
    page?.workspace().cloned()
}

fn service_of(page: Option<&Page>) -> Option<(WorkspaceId, ServiceId)> {
    let page = page?;
    Some((page.workspace()?.clone(), page.service()?.clone()))
}

impl Scope {
    /// Follows the address.
    pub fn new(page: Memo<Option<Page>>) -> Self {
        let ws = memo(move || page.with(|page| workspace_of(page.as_ref())));
        let svc = memo(move || page.with(|page| service_of(page.as_ref())));
        let workspace = Resource::new(move || {
            let ws = ws.get();
            async move {
                match ws {
                    Some(ws) => Some(client::workspaces::get(&ws).await),
                    None => None,
                }
            }
        });
        let service = Resource::new(move || {
            let svc = svc.get();
            async move {
                match svc {
                    Some((ws, svc)) => Some(client::services::get(&ws, &svc).await),
                    None => None,
                }
            }
        });
        Self {
            page,
            workspace,
            service,
        }
    }

    /// The page of the address, tracked.
    pub fn page(self) -> Option<Page> {
        self.page.get()
    }

    /// The workspace that the page is in, tracked; absent while it is on its way.
    pub fn workspace(self) -> Option<Answer<Workspace>> {
        let wanted = self.page.with(|page| workspace_of(page.as_ref()))?;
        match self.workspace.get()?? {
            // What was loaded for the page before is not what this page is in.
            Ok(loaded) if loaded.value.id != wanted => None,
            answer => Some(answer.map(|loaded| loaded.value)),
        }
    }

    /// The service that the page is in, tracked; absent while it is on its way.
    pub fn service(self) -> Option<Answer<Service>> {
        let (_, wanted) = self.page.with(|page| service_of(page.as_ref()))?;
        match self.service.get()?? {
            Ok(loaded) if loaded.value.id != wanted => None,
            answer => Some(answer.map(|loaded| loaded.value)),
        }
    }

    /// Loads workspace and service anew; what is shown stays meanwhile.
    pub fn reload(self) {
        self.workspace.refetch();
        self.service.refetch();
    }
}

/// Where the person is.
pub fn use_scope() -> Scope {
    expect_context()
}
