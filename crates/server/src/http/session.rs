//! Set-up, sign-in, sign-out, who is signed in.

use super::extract::{Body, PageWish};
use super::router::Registrar;
use crate::access::session::{self, Token};
use crate::access::{Caller, CallerKind, sign_in};
use crate::app::App;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::store::{endpoints, people};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use portico_api::endpoint::Endpoint;
use portico_api::page::Page;
use portico_api::routes;
use portico_api::session::{Me, SetUp, SignIn, StepUp};

pub(super) fn routes(api: &mut Registrar) {
    api.add(&routes::SET_UP, set_up);
    api.add(&routes::SIGN_IN, sign_in);
    api.add(&routes::SIGN_OUT, sign_out);
    api.add(&routes::STEP_UP, step_up);
    api.add(&routes::ME, me);
    api.add_queried(&routes::MY_ENDPOINTS, my_endpoints);
}

fn signed_in(token: &Token) -> Response {
    (
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, session::cookie(token))],
    )
        .into_response()
}

async fn set_up(
    State(app): State<App>,
    caller: Caller,
    body: Body<SetUp>,
) -> Result<Response, Error> {
    let token = sign_in::set_up(&app, &caller.who, body.value).await?;
    Ok(signed_in(&token))
}

async fn sign_in(
    State(app): State<App>,
    caller: Caller,
    body: Body<SignIn>,
) -> Result<Response, Error> {
    let old = match &caller.kind {
        CallerKind::Person { session, .. } => Some(session),
        CallerKind::Anonymous | CallerKind::Token { .. } => None,
    };
    let token = match body.value {
        SignIn::Password { email, password } => {
            sign_in::with_password(&app, &caller.who, old, &email, password.into()).await?
        }
        SignIn::Link { token } => sign_in::with_link(&app, &caller.who, old, &token).await?,
    };
    Ok(signed_in(&token))
}

async fn sign_out(State(app): State<App>, caller: Caller) -> Result<Response, Error> {
    if let CallerKind::Person { id, session, .. } = &caller.kind {
        sign_in::end(&app, &caller.who, id, session).await?;
    }
    let mut headers = HeaderMap::new();
    if let Ok(value) = session::no_cookie().parse() {
        headers.insert(header::SET_COOKIE, value);
    }
    headers.insert(
        "clear-site-data",
        header::HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

async fn step_up(
    State(app): State<App>,
    caller: Caller,
    body: Body<StepUp>,
) -> Result<Response, Error> {
    let CallerKind::Person { id, session, .. } = &caller.kind else {
        return Err(Error::Unauthenticated);
    };
    let token =
        sign_in::step_up(&app, &caller.who, id, session, body.value.password.into()).await?;
    Ok(signed_in(&token))
}

async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, Error> {
    let CallerKind::Person {
        id,
        authenticated_at,
        expires_at,
        ..
    } = &caller.kind
    else {
        return Err(Error::Unauthenticated);
    };
    let account = people::by_id(app.store.read(), id)
        .await?
        .ok_or(Error::Unauthenticated)?;
    Ok(Json(Me {
        memberships: people::memberships(app.store.read(), id).await?,
        id: account.id,
        email: account.email,
        name: account.name,
        administrator: account.administrator,
        authenticated_at: on_the_wire(*authenticated_at),
        expires_at: on_the_wire(*expires_at),
    }))
}

async fn my_endpoints(
    State(app): State<App>,
    caller: Caller,
    wish: PageWish,
) -> Result<Json<Page<Endpoint>>, Error> {
    let found = endpoints::granted(
        app.store.read(),
        caller.person()?,
        wish.after.as_ref(),
        wish.fetch(),
    )
    .await?;
    let page = wish.page(found, |endpoint| {
        (endpoint.service_name.clone(), endpoint.id.to_string())
    });
    Ok(Json(super::endpoints::shown_page(&app, page)))
}
