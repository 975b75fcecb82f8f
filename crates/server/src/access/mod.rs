//! Who is calling, and whether they may. The rules stand in one table (`portico_domain::access`);
//! here the caller is recognised (cookie or workspace token), placed in the workspace, and the row
//! of the route is asked.

pub mod password;
pub mod session;
pub mod sign_in;

use crate::app::App;
use crate::audit::{Actor, Who};
use crate::clock::Micros;
use crate::error::Error;
use crate::store::{endpoints, people, services::Viewer, workspaces};
use axum::http::{HeaderMap, Method, header};
use portico_api::id::{PersonId, ServiceId, WorkspaceId};
use portico_api::name::EndpointName;
use portico_api::session::{Membership, Role};
use portico_domain::access::{Decision, Row, Scope, Standing, decide};
use portico_domain::key::KeyId;

/// A recognised caller of the REST API.
#[derive(Clone, Debug)]
pub struct Caller {
    /// For the audit trail.
    pub who: Who,
    /// What the caller is in the workspace of this request.
    pub role: Option<Role>,
    /// What kind of caller.
    pub kind: CallerKind,
}

/// The kinds of callers.
#[derive(Clone, Debug)]
pub enum CallerKind {
    /// Nobody signed in: only public routes get this far.
    Anonymous,
    /// A signed-in person.
    Person {
        /// The account.
        id: PersonId,
        /// Whether it administers the installation.
        administrator: bool,
        /// When the password (or link) was last given.
        authenticated_at: Micros,
        /// When the session ends at the latest.
        expires_at: Micros,
        /// By what the session is stored.
        session: [u8; 32],
    },
    /// A workspace token.
    Token {
        /// Its workspace.
        workspace: WorkspaceId,
        /// By what it is found.
        key: KeyId,
    },
}

/// Which object a request is about, as far as its path tells.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// The workspace.
    pub workspace: Option<WorkspaceId>,
    /// The service.
    pub service: Option<ServiceId>,
    /// The endpoint.
    pub endpoint: Option<EndpointName>,
}

impl Caller {
    /// The person, where only people come.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for anybody else.
    pub fn person(&self) -> Result<&PersonId, Error> {
        match &self.kind {
            CallerKind::Person { id, .. } => Ok(id),
            CallerKind::Anonymous | CallerKind::Token { .. } => Err(Error::Unauthenticated),
        }
    }

    /// What the caller sees of services and endpoints.
    pub fn viewer(&self) -> Viewer<'_> {
        match (&self.kind, self.role) {
            (CallerKind::Person { id, .. }, Some(Role::Customer) | None) => Viewer::Granted(id),
            _ => Viewer::All,
        }
    }

    /// Refuses a sensitive act unless the password was given in the last 15 minutes.
    ///
    /// # Errors
    /// [`Error::StepUpRequired`].
    pub fn must_be_fresh(&self, now: Micros) -> Result<(), Error> {
        match self.kind {
            CallerKind::Person {
                authenticated_at, ..
            } if authenticated_at + session::FRESH > now => Ok(()),
            _ => Err(Error::StepUpRequired),
        }
    }
}

/// Recognises the caller and decides whether the route's row lets it through.
///
/// # Errors
/// 401, 403 or 404 as the table says, and [`Error::CrossSite`] for a change with a cookie from elsewhere.
pub async fn authorise(
    app: &App,
    row: &Row,
    request: &Request<'_>,
    object: &Object,
) -> Result<Caller, Error> {
    let recognised = recognise(app, request).await?;
    if matches!(recognised, CallerKind::Person { .. }) && !is_safe(request.method) {
        check_same_origin(app, request.headers)?;
    }
    let (standing, role) = standing(app, row.scope, &recognised, object).await?;
    match decide(row, standing) {
        Decision::Allow => {}
        Decision::SignIn => return Err(Error::Unauthenticated),
        Decision::Forbid => return Err(Error::Forbidden),
        Decision::Hide => return Err(Error::NotFound),
    }
    let actor = match &recognised {
        CallerKind::Anonymous => Actor::Anonymous,
        CallerKind::Person { id, .. } => Actor::Person(id.clone()),
        CallerKind::Token { key, .. } => Actor::Token(key.as_str().to_owned()),
    };
    Ok(Caller {
        who: Who::new(actor, request.id, request.address),
        role,
        kind: recognised,
    })
}

/// What access needs to know of a request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The request's id.
    pub id: &'a str,
    /// The address that it came from.
    pub address: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The headers.
    pub headers: &'a HeaderMap,
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

async fn recognise(app: &App, request: &Request<'_>) -> Result<CallerKind, Error> {
    // A token in the header counts before a cookie: scripts send no cookie, browsers no token.
    if let Some(text) = crate::classic::bearer(request.headers) {
        let now = app.clock.now();
        let Some((workspace, key)) = app.snapshot().workspace_token(text, &app.secrets, now) else {
            return Err(Error::Unauthenticated);
        };
        app.usage.used(key, now);
        return Ok(CallerKind::Token { workspace, key });
    }
    let Some(token) = cookie(request.headers) else {
        return Ok(CallerKind::Anonymous);
    };
    let Some(session) = session::resume(app, token).await? else {
        return Ok(CallerKind::Anonymous);
    };
    let Some(account) = people::by_id(app.store.read(), &session.person).await? else {
        return Ok(CallerKind::Anonymous);
    };
    Ok(CallerKind::Person {
        id: account.id,
        administrator: account.administrator,
        authenticated_at: session.authenticated_at,
        expires_at: session.expires_at,
        session: session::hash_of(token),
    })
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == session::COOKIE).then_some(value))
}

/// A change with a cookie must come from the portal's own pages: `Sec-Fetch-Site` says so, or where a
/// browser does not send it, `Origin`. `SameSite` alone is not enough.
fn check_same_origin(app: &App, headers: &HeaderMap) -> Result<(), Error> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let same = match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => {
            text("origin").is_some_and(|origin| app.settings.is_own_origin(origin, text("host")))
        }
    };
    if same { Ok(()) } else { Err(Error::CrossSite) }
}

async fn standing(
    app: &App,
    scope: Scope,
    caller: &CallerKind,
    object: &Object,
) -> Result<(Standing, Option<Role>), Error> {
    let (id, administrator) = match caller {
        CallerKind::Anonymous => return Ok((Standing::anonymous(), None)),
        CallerKind::Token { workspace, .. } => {
            // Routes without a workspace in their path are about the token's own.
            let own = object
                .workspace
                .as_ref()
                .is_none_or(|asked| asked == workspace);
            return Ok((Standing::token(own), own.then_some(Role::Owner)));
        }
        CallerKind::Person {
            id, administrator, ..
        } => (id, *administrator),
    };
    let Some(workspace) = &object.workspace else {
        return Ok((Standing::person(administrator, None, false), None));
    };
    let memberships = people::memberships(app.store.read(), id).await?;
    let role = strongest(&memberships, workspace);
    // Whoever has a role in a workspace shows that there is one. Administrators see those that they have none in.
    if administrator && role.is_none() && !workspaces::exists(app.store.read(), workspace).await? {
        return Err(Error::NotFound);
    }
    let granted = match (role, &object.service) {
        (Some(Role::Customer), Some(service)) => {
            // A route about the service may still carry a name, which need not exist.
            let endpoint = object.endpoint.as_ref();
            let endpoint = endpoint.filter(|_| scope == Scope::Endpoint);
            is_granted(app, id, workspace, service, endpoint).await?
        }
        _ => false,
    };
    Ok((Standing::person(administrator, role, granted), role))
}

fn strongest(memberships: &[Membership], workspace: &WorkspaceId) -> Option<Role> {
    let mut roles = memberships
        .iter()
        .filter(|place| &place.workspace_id == workspace)
        .map(|place| place.role);
    let first = roles.next()?;
    Some(roles.fold(first, |best, role| match (best, role) {
        (Role::Owner, _) | (_, Role::Owner) => Role::Owner,
        (Role::Publisher, _) | (_, Role::Publisher) => Role::Publisher,
        _ => Role::Customer,
    }))
}

async fn is_granted(
    app: &App,
    person: &PersonId,
    workspace: &WorkspaceId,
    service: &ServiceId,
    endpoint: Option<&EndpointName>,
) -> Result<bool, Error> {
    let viewer = Viewer::Granted(person);
    let found = match endpoint {
        Some(name) => endpoints::find(app.store.read(), workspace, service, name, viewer)
            .await?
            .is_some(),
        None => crate::store::services::find(app.store.read(), workspace, service, viewer)
            .await?
            .is_some(),
    };
    Ok(found)
}
