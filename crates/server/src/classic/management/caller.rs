//! Who is calling, and how far that reaches.
//!
//! A workspace's token does what the workspace's own people do, but sees no keys. An endpoint's key reads
//! its own endpoint, and changes it (models, settings, refresh) as long as no customer has it: a key that was
//! sold with an endpoint calls it and no more, as in the portal. Everything else is answered alike, whether
//! it exists or not. Cookies are ignored here.

use super::error;
use crate::app::App;
use crate::audit::{Actor, Who};
use crate::classic::error::ClassicError;
use crate::classic::{bearer, holds_key};
use crate::error::Error;
use crate::http::{Address, RequestId};
use crate::store::endpoints::{self, Stored};
use crate::store::services::{self, Viewer};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header;
use axum::http::request::Parts;
use portico_api::id::{EndpointId, ServiceId, WorkspaceId};
use portico_api::key::KeySlot;
use portico_api::name::EndpointName;
use portico_api::routes::{self, Route};
use portico_api::session::Role;
use portico_domain::access::{self, Decision, Standing};
use portico_domain::key::PlainKey;

/// A caller of this wire, and what the path names.
pub(super) struct Caller {
    /// For the audit trail.
    pub(super) who: Who,
    /// The workspace of the path, which is the caller's own.
    pub(super) workspace: WorkspaceId,
    /// By which host the caller reached this server.
    pub(super) host: Option<String>,
    reach: Reach,
    id: RequestId,
    service: String,
    endpoint: String,
}

enum Reach {
    Workspace,
    Endpoint(OwnEndpoint),
}

/// The endpoint whose key it came with.
struct OwnEndpoint {
    id: EndpointId,
    name: EndpointName,
    service: ServiceId,
    slot: KeySlot,
    key: PlainKey,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ClassicError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ClassicError> {
        if parts.uri.query().is_some_and(holds_key) {
            return Err(ClassicError::argument(
                "InvalidQueryParameter",
                "A key belongs into the Authorization header, never into an address. Rotate this one.",
            ));
        }
        let path = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| error::unauthorized())?;
        let named = |wanted: &str| {
            let found = path.iter().find(|(name, _)| *name == wanted);
            found.map_or_else(String::new, |(_, value)| value.to_owned())
        };
        let (workspace, service, endpoint) =
            (named("workspace"), named("service"), named("endpoint"));
        let id = parts.extensions.get::<RequestId>().cloned();
        let id = id.ok_or_else(ClassicError::internal)?;
        let (actor, reach) = recognised(app, parts, &workspace).ok_or_else(error::unauthorized)?;
        let address = parts.extensions.get::<Address>();
        let address = address.map_or("", |address| address.0.as_str());
        Ok(Self {
            who: Who::new(actor, id.as_str(), address),
            workspace: WorkspaceId::parse(&workspace).map_err(|_| error::unauthorized())?,
            host: parts
                .headers
                .get(header::HOST)
                .and_then(|host| host.to_str().ok())
                .map(str::to_owned),
            reach,
            id,
            service,
            endpoint,
        })
    }
}

fn recognised(app: &App, parts: &Parts, workspace: &str) -> Option<(Actor, Reach)> {
    let text = bearer(&parts.headers)?;
    let now = app.clock.now();
    let snapshot = app.snapshot();
    if let Some((own, key)) = snapshot.workspace_token(text, &app.secrets, now) {
        app.usage.used(key, now);
        let actor = Actor::Token(key.as_str().to_owned());
        return (own.as_str() == workspace).then_some((actor, Reach::Workspace));
    }
    let (entry, key) = snapshot.endpoint_of_key(text, &app.secrets, now)?;
    app.usage.used(key.id, now);
    let stored = &entry.stored;
    let own = OwnEndpoint {
        id: stored.id.clone(),
        name: stored.name.clone(),
        service: stored.service_id.clone(),
        slot: key.slot,
        key: PlainKey::read(text.to_owned()).ok()?,
    };
    let actor = Actor::Key(key.id.as_str().to_owned());
    (stored.workspace_id.as_str() == workspace).then_some((actor, Reach::Endpoint(own)))
}

impl Caller {
    /// An error on this wire, with what the caller must not read in the log.
    pub(super) fn failed(&self, error: &Error) -> ClassicError {
        error::answer(error, &self.id)
    }

    /// The endpoint whose key this is; none for a workspace's token.
    pub(super) fn own_endpoint(&self) -> Option<&EndpointId> {
        match &self.reach {
            Reach::Workspace => None,
            Reach::Endpoint(own) => Some(&own.id),
        }
    }

    /// The service of the own endpoint; none for a workspace's token.
    pub(super) fn own_service(&self) -> Option<&ServiceId> {
        match &self.reach {
            Reach::Workspace => None,
            Reach::Endpoint(own) => Some(&own.service),
        }
    }

    /// The slot and the text of the endpoint's key that the request came with.
    pub(super) fn own_key(&self) -> Option<(KeySlot, &PlainKey)> {
        match &self.reach {
            Reach::Workspace => None,
            Reach::Endpoint(own) => Some((own.slot, &own.key)),
        }
    }

    /// What the path calls the endpoint.
    pub(super) fn endpoint_text(&self) -> &str {
        &self.endpoint
    }

    /// Refuses what the access table does not allow: this wire has the rows of the REST routes that do the
    /// same. A token has its own column. A key has the customer's; while no customer has its endpoint, it
    /// stands for the publisher where the endpoint is changed.
    pub(super) fn must_be_allowed(
        &self,
        route: &Route,
        endpoint: Option<&Stored>,
    ) -> Result<(), ClassicError> {
        let sold = endpoint.is_some_and(|endpoint| endpoint.customer_id.is_some());
        let standing = match self.reach {
            Reach::Workspace => Standing::token(true),
            Reach::Endpoint(_) if !sold && *route == routes::UPDATE_ENDPOINT => {
                Standing::person(false, Some(Role::Publisher), false)
            }
            Reach::Endpoint(_) => Standing::person(false, Some(Role::Customer), true),
        };
        let row = access::row(route).ok_or_else(ClassicError::internal)?;
        if access::decide(row, standing) == Decision::Allow {
            return Ok(());
        }
        Err(error::key_not_enough(if sold {
            "This endpoint is granted to a customer, so its keys call it and don't change it. Use a token of the workspace."
        } else {
            "An endpoint's key does not reach as far as this. Use a token of the workspace."
        }))
    }

    /// The service of the path.
    pub(super) async fn service(&self, app: &App) -> Result<services::Stored, ClassicError> {
        let own = self.own_service();
        if own.is_some_and(|own| own.as_str() != self.service) {
            return Err(error::unauthorized());
        }
        let id = ServiceId::parse(&self.service).map_err(|_| error::no_service())?;
        services::find(app.store.read(), &self.workspace, &id, Viewer::All)
            .await
            .map_err(|error| self.failed(&error))?
            .ok_or_else(error::no_service)
    }

    /// The endpoint of the path, named or by its id.
    pub(super) async fn endpoint(&self, app: &App) -> Result<Stored, ClassicError> {
        if let Reach::Endpoint(own) = &self.reach {
            let named = self.endpoint == own.name.as_str() || self.endpoint == own.id.as_str();
            if !named {
                return Err(error::unauthorized());
            }
        }
        let service = self.service(app).await?.service.id;
        let found = if let Ok(id) = EndpointId::parse(&self.endpoint) {
            self.by_id(app, &id).await?
        } else {
            let name = EndpointName::parse(&self.endpoint).map_err(|_| error::no_endpoint())?;
            let read = app.store.read();
            endpoints::find(read, &self.workspace, &service, &name, Viewer::All)
                .await
                .map_err(|error| self.failed(&error))?
        };
        found
            .filter(|endpoint| endpoint.service_id == service)
            .ok_or_else(error::no_endpoint)
    }

    async fn by_id(&self, app: &App, id: &EndpointId) -> Result<Option<Stored>, ClassicError> {
        let found = async {
            let mut conn = app.store.read().acquire().await?;
            endpoints::by_id(&mut conn, id).await
        };
        found.await.map_err(|error| self.failed(&error))
    }
}
