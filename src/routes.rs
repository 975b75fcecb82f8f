//! The portal's pages and their addresses: the only module that writes or reads a path.
//!
//! Knows nothing of views. A tab is the last part of a path and left out when it is the first tab.

use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::name::EndpointName;

/// Tabs of a workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkspaceTab {
    /// The list of web services.
    #[default]
    Services,
}

/// Tabs of a web service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServiceTab {
    /// The list of endpoints.
    #[default]
    Endpoints,
    /// The list of versions.
    Versions,
    /// Which endpoint runs which models.
    Ledger,
}

impl ServiceTab {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Endpoints, Self::Versions, Self::Ledger];

    fn segment(self) -> &'static str {
        match self {
            Self::Endpoints => "",
            Self::Versions => "versions",
            Self::Ledger => "ledger",
        }
    }
}

/// Tabs of an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointTab {
    /// Its settings.
    #[default]
    Configure,
    /// Its two keys.
    Keys,
    /// How to call it.
    Consume,
    /// A form that calls it.
    Test,
    /// A spreadsheet whose rows are scored.
    Batch,
    /// Its version, its own models and its revisions.
    Models,
}

impl EndpointTab {
    /// All, in order.
    pub const ALL: [Self; 6] = [
        Self::Configure,
        Self::Keys,
        Self::Consume,
        Self::Test,
        Self::Batch,
        Self::Models,
    ];

    fn segment(self) -> &'static str {
        match self {
            Self::Configure => "",
            Self::Keys => "keys",
            Self::Consume => "consume",
            Self::Test => "test",
            Self::Batch => "batch",
            Self::Models => "models",
        }
    }
}

/// A page of the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Makes the first administrator.
    Setup,
    /// Signs in.
    SignIn,
    /// Workspaces for who publishes, granted endpoints for customers.
    Home,
    /// All workspaces.
    Workspaces,
    /// One workspace.
    Workspace {
        /// The workspace.
        ws: WorkspaceId,
        /// What of it.
        tab: WorkspaceTab,
    },
    /// Makes a web service, or the next version of one, from an uploaded model.
    Publish {
        /// The workspace.
        ws: WorkspaceId,
        /// The service whose next version is made; a new one if absent.
        svc: Option<ServiceId>,
    },
    /// One version of a web service.
    Version {
        /// The workspace.
        ws: WorkspaceId,
        /// The service.
        svc: ServiceId,
        /// 1, 2, 3 …
        number: u32,
    },
    /// Adds many endpoints at once.
    Many {
        /// The workspace.
        ws: WorkspaceId,
        /// The service.
        svc: ServiceId,
    },
    /// The staged rollout of one endpoint.
    Rollout {
        /// The workspace.
        ws: WorkspaceId,
        /// The service.
        svc: ServiceId,
        /// The endpoint.
        name: EndpointName,
    },
    /// One web service.
    Service {
        /// The workspace.
        ws: WorkspaceId,
        /// The service.
        svc: ServiceId,
        /// What of it.
        tab: ServiceTab,
    },
    /// One endpoint.
    Endpoint {
        /// The workspace.
        ws: WorkspaceId,
        /// The service.
        svc: ServiceId,
        /// The endpoint.
        name: EndpointName,
        /// What of it.
        tab: EndpointTab,
    },
}

impl Page {
    /// The address of the page, from the root, without a query.
    pub fn href(&self) -> String {
        let with_tab = |mut path: String, tab: &str| {
            if !tab.is_empty() {
                path.push('/');
                path.push_str(tab);
            }
            path
        };
        match self {
            Self::Setup => "/setup".to_owned(),
            Self::SignIn => "/signin".to_owned(),
            Self::Home => "/".to_owned(),
            Self::Workspaces => "/workspaces".to_owned(),
            Self::Workspace { ws, tab } => match tab {
                WorkspaceTab::Services => format!("/workspaces/{ws}"),
            },
            Self::Service { ws, svc, tab } => {
                with_tab(format!("/workspaces/{ws}/services/{svc}"), tab.segment())
            }
            Self::Endpoint { ws, svc, name, tab } => with_tab(
                format!("/workspaces/{ws}/services/{svc}/endpoints/{name}"),
                tab.segment(),
            ),
            Self::Publish { ws, svc: None } => format!("/workspaces/{ws}/publish"),
            Self::Publish { ws, svc: Some(svc) } => {
                format!("/workspaces/{ws}/services/{svc}/publish")
            }
            Self::Version { ws, svc, number } => {
                format!("/workspaces/{ws}/services/{svc}/versions/{number}")
            }
            // No endpoint can have a name with a dash.
            Self::Many { ws, svc } => {
                format!("/workspaces/{ws}/services/{svc}/endpoints/add-many")
            }
            Self::Rollout { ws, svc, name } => {
                format!("/workspaces/{ws}/services/{svc}/endpoints/{name}/rollout")
            }
        }
    }

    /// The workspace that the page is in.
    pub fn workspace(&self) -> Option<&WorkspaceId> {
        match self {
            Self::Setup | Self::SignIn | Self::Home | Self::Workspaces => None,
            Self::Workspace { ws, .. }
            | Self::Publish { ws, .. }
            | Self::Version { ws, .. }
            | Self::Many { ws, .. }
            | Self::Rollout { ws, .. }
            | Self::Service { ws, .. }
            | Self::Endpoint { ws, .. } => Some(ws),
        }
    }

    /// The service that the page is in.
    pub fn service(&self) -> Option<&ServiceId> {
        match self {
            Self::Publish { svc, .. } => svc.as_ref(),
            Self::Version { svc, .. }
            | Self::Many { svc, .. }
            | Self::Rollout { svc, .. }
            | Self::Service { svc, .. }
            | Self::Endpoint { svc, .. } => Some(svc),
            _ => None,
        }
    }

    /// The page with its first tab: what stays the same while a person goes through the tabs.
    pub fn without_tab(&self) -> Self {
        let mut page = self.clone();
        match &mut page {
            Self::Workspace { tab, .. } => *tab = WorkspaceTab::default(),
            Self::Service { tab, .. } => *tab = ServiceTab::default(),
            Self::Endpoint { tab, .. } => *tab = EndpointTab::default(),
            _ => {}
        }
        page
    }

    /// The page at a path; nothing for a path that no page has.
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        Some(match parts.as_slice() {
            [] => Self::Home,
            ["setup"] => Self::Setup,
            ["signin"] => Self::SignIn,
            ["workspaces"] => Self::Workspaces,
            ["workspaces", ws] => Self::Workspace {
                ws: WorkspaceId::parse(ws).ok()?,
                tab: WorkspaceTab::Services,
            },
            ["workspaces", ws, "publish"] => Self::Publish {
                ws: WorkspaceId::parse(ws).ok()?,
                svc: None,
            },
            ["workspaces", ws, "services", svc, tab @ ..] => {
                let ws = WorkspaceId::parse(ws).ok()?;
                let svc = ServiceId::parse(svc).ok()?;
                match tab {
                    ["publish"] => Self::Publish { ws, svc: Some(svc) },
                    ["versions", number] => Self::Version {
                        ws,
                        svc,
                        number: number_of(number)?,
                    },
                    ["endpoints", "add-many"] => Self::Many { ws, svc },
                    ["endpoints", name, "rollout"] => Self::Rollout {
                        ws,
                        svc,
                        name: EndpointName::parse(name).ok()?,
                    },
                    ["endpoints", name, tab @ ..] => Self::Endpoint {
                        ws,
                        svc,
                        name: EndpointName::parse(name).ok()?,
                        tab: pick(&EndpointTab::ALL, EndpointTab::segment, tab)?,
                    },
                    _ => Self::Service {
                        ws,
                        svc,
                        tab: pick(&ServiceTab::ALL, ServiceTab::segment, tab)?,
                    },
                }
            }
            _ => return None,
        })
    }
}

/// A version's number as addresses have it: digits that do not begin with a nought.
fn number_of(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|digit| digit.is_ascii_digit()) && !text.starts_with('0');
    digits.then(|| text.parse().ok())?
}

/// The tab that the rest of a path names: nothing is the first tab.
fn pick<T: Copy>(all: &[T], segment: fn(T) -> &'static str, rest: &[&str]) -> Option<T> {
    let wanted = match rest {
        [] => "",
        [one] => one,
        _ => return None,
    };
    all.iter().copied().find(|tab| segment(*tab) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service_pages() -> Vec<Page> {
        let ws = WorkspaceId::from_bytes([1; 16]);
        let svc = ServiceId::from_bytes([0xab; 16]);
        let name = EndpointName::parse("acme").unwrap();
        let mut pages = vec![
            Page::Setup,
            Page::SignIn,
            Page::Home,
            Page::Workspaces,
            Page::Workspace {
                ws: ws.clone(),
                tab: WorkspaceTab::Services,
            },
        ];
        pages.extend([None, Some(svc.clone())].map(|svc| Page::Publish {
            ws: ws.clone(),
            svc,
        }));
        pages.push(Page::Version {
            ws: ws.clone(),
            svc: svc.clone(),
            number: 12,
        });
        pages.push(Page::Many {
            ws: ws.clone(),
            svc: svc.clone(),
        });
        pages.push(Page::Rollout {
            ws: ws.clone(),
            svc: svc.clone(),
            name: name.clone(),
        });
        pages.extend(ServiceTab::ALL.map(|tab| Page::Service {
            ws: ws.clone(),
            svc: svc.clone(),
            tab,
        }));
        pages.extend(EndpointTab::ALL.map(|tab| Page::Endpoint {
            ws: ws.clone(),
            svc: svc.clone(),
            name: name.clone(),
            tab,
        }));
        pages
    }

    #[test]
    fn every_address_leads_back_to_its_page() {
        for page in service_pages() {
            assert_eq!(Page::parse(&page.href()), Some(page.clone()), "{page:?}");
        }
    }

    #[test]
    fn a_trailing_slash_changes_nothing() {
        assert_eq!(Page::parse("/workspaces/"), Some(Page::Workspaces));
    }

    #[test]
    fn what_no_page_has_is_no_page() {
        let ws = "01".repeat(16);
        for path in [
            "/nothing".to_owned(),
            "/workspaces/short".to_owned(),
            format!("/workspaces/{ws}/services"),
            format!("/workspaces/{ws}/services/{ws}/nothing"),
            format!("/workspaces/{ws}/services/{ws}/versions/more"),
            format!("/workspaces/{ws}/services/{ws}/versions/0"),
            format!("/workspaces/{ws}/services/{ws}/versions/+1"),
            format!("/workspaces/{ws}/services/{ws}/versions/1/more"),
            format!("/workspaces/{ws}/services/{ws}/publish/more"),
            format!("/workspaces/{ws}/services/{ws}/endpoints/No-Name"),
            format!("/workspaces/{ws}/services/{ws}/endpoints/acme/keys/x"),
        ] {
            assert_eq!(Page::parse(&path), None, "{path}");
        }
    }
}
