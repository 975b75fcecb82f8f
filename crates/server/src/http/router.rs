//! Where routes are registered. A route of the contract enters the router only with its row of the
//! access table around its handler; one that is missing on either side stops the server's start.

use super::extract::Place;
use super::request_id::{Address, RequestId};
use crate::access::{self, Caller, Object};
use crate::app::App;
use crate::error::Error;
use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post};
use portico_api::routes::{self, Method, Route};
use portico_domain::access::Row;

/// Collects the routes of the contract.
pub struct Registrar {
    app: App,
    router: Router<App>,
    added: Vec<&'static Route>,
    wrong: Vec<String>,
}

impl Registrar {
    /// An empty one.
    pub fn new(app: App) -> Self {
        Self {
            app,
            router: Router::new(),
            added: Vec::new(),
            wrong: Vec::new(),
        }
    }

    /// Adds a route that takes no query, with its handler, behind its row of the access table.
    pub fn add<H, T>(&mut self, route: &'static Route, handler: H)
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.register(route, handler, false);
    }

    /// As [`Registrar::add`], for a route whose handler reads the query and refuses what it does not know.
    pub fn add_queried<H, T>(&mut self, route: &'static Route, handler: H)
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.register(route, handler, true);
    }

    fn register<H, T>(&mut self, route: &'static Route, handler: H, queried: bool)
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let Some(row) = portico_domain::access::row(route) else {
            self.wrong
                .push(format!("{} has no row in the access table", route.name));
            return;
        };
        let guard = from_fn_with_state((self.app.clone(), row, queried), guard);
        let methods: MethodRouter<App> = match route.method {
            Method::Get => get(handler),
            Method::Post => post(handler),
            Method::Patch => patch(handler),
            Method::Delete => delete(handler),
        };
        self.router =
            std::mem::take(&mut self.router).route(route.path, methods.route_layer(guard));
        self.added.push(route);
    }

    /// The router, if it holds exactly the routes of the contract.
    ///
    /// # Errors
    /// [`Error::Start`] naming what is missing.
    pub fn finish(mut self) -> Result<Router<App>, Error> {
        for route in routes::ALL {
            if !self.added.contains(&route) {
                self.wrong.push(format!("{} has no handler", route.name));
            }
        }
        if self.wrong.is_empty() {
            Ok(self.router)
        } else {
            Err(Error::Start(format!(
                "The routes are not as the contract says: {}.",
                self.wrong.join("; ")
            )))
        }
    }
}

async fn guard(
    State((app, row, queried)): State<(App, &'static Row, bool)>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&app, row, queried, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn admit(app: &App, row: &Row, queried: bool, request: Request) -> Result<Request, Error> {
    let (mut parts, body) = request.into_parts();
    let place = Place::from_request_parts(&mut parts, &()).await?;
    let object = Object {
        workspace: place.workspace,
        service: place.service,
        endpoint: place.endpoint,
    };
    let id = parts
        .extensions
        .get::<RequestId>()
        .map(ToString::to_string)
        .unwrap_or_default();
    let address = parts
        .extensions
        .get::<Address>()
        .map(|address| address.0.clone())
        .unwrap_or_default();
    let seen = access::Request {
        id: &id,
        address: &address,
        method: &parts.method,
        headers: &parts.headers,
    };
    let caller = access::authorise(app, row, &seen, &object).await?;
    if !queried && parts.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Error::Malformed(
            "This route takes no query parameters.".to_owned(),
        ));
    }
    parts.extensions.insert(caller);
    Ok(Request::from_parts(parts, body))
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> Result<Self, Error> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller
            .ok_or_else(|| Error::Internal("a handler stands outside the access table".to_owned()))
    }
}
