//! Endpoints.

use super::extract::{Body, IdempotencyKey, IfMatch, PageWish, Place, Tagged};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::Made;
use crate::acts::endpoints::{self as acts, Home};
use crate::acts::many;
use crate::app::App;
use crate::classic;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::store::endpoints::{self, Stored};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use portico_api::endpoint::{
    CreateEndpoint, CreatedEndpoint, Endpoint, EndpointModel, Quarantine, UpdateEndpoint, Urls,
};
use portico_api::key::NewKeys;
use portico_api::name::NameAvailability;
use portico_api::page::Page;
use portico_api::routes;
use portico_api::throttle::Throttle;
use portico_api::update::{CreateMany, CreatedMany};

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::ENDPOINTS, list);
    api.add(&routes::CREATE_ENDPOINT, create);
    api.add(&routes::CREATE_MANY, create_many);
    api.add(&routes::ENDPOINT, get);
    api.add(&routes::UPDATE_ENDPOINT, update);
    api.add(&routes::DELETE_ENDPOINT, delete);
    api.add(&routes::RESTORE_ENDPOINT, restore);
    api.add(&routes::AVAILABILITY, availability);
    api.add(&routes::RELEASE, release);
}

/// The endpoint of a path, if the caller can see it.
pub(super) async fn find(app: &App, caller: &Caller, place: &Place) -> Result<Stored, Error> {
    let found = endpoints::find(
        app.store.read(),
        place.ws()?,
        place.svc()?,
        place.name()?,
        caller.viewer(),
    )
    .await?;
    found.ok_or(Error::NotFound)
}

/// An endpoint as the wire shows it. The limit is read back from what enforces it.
pub(super) fn shown(app: &App, stored: Stored) -> Endpoint {
    let snapshot = app.snapshot();
    let in_force = app.gates.limit_in_force(&stored.id);
    let models = stored
        .stages
        .iter()
        .map(|(resource, sha256)| {
            let own = resource
                .as_ref()
                .and_then(|name| stored.own_models.get(name));
            let sha256 = own.unwrap_or(sha256).clone();
            EndpointModel {
                quarantine: snapshot.quarantine(&sha256).map(|model| Quarantine {
                    since: on_the_wire(model.since),
                    reason: model.reason.clone(),
                }),
                resource: resource.clone(),
                own: own.is_some(),
                sha256,
            }
        })
        .collect();
    let url = classic::execute_url(
        &app.settings.public_url,
        stored.workspace_id.as_str(),
        stored.id.as_str(),
    );
    let batch = classic::jobs::url(
        &app.settings.public_url,
        stored.workspace_id.as_str(),
        stored.id.as_str(),
    );
    let inference = crate::inference::base_url(
        &app.settings.public_url,
        stored.workspace_id.as_str(),
        stored.id.as_str(),
    );
    Endpoint {
        id: stored.id,
        workspace_id: stored.workspace_id,
        service_id: stored.service_id,
        service_name: stored.service_name,
        name: stored.name,
        description: stored.description,
        is_default: stored.is_default,
        version: stored.version,
        throttle: Throttle {
            max_concurrent_calls: in_force.unwrap_or(stored.throttle.max_concurrent_calls),
            ..stored.throttle
        },
        paused: stored.paused,
        prevent_update: stored.prevent_update,
        logging: stored.logging,
        sample_data_enabled: stored.sample_data,
        tags: stored.tags,
        customer_id: stored.customer_id,
        customer_name: stored.customer_name,
        urls: Urls {
            request_response: url,
            batch: Some(batch),
            inference: Some(inference),
        },
        models,
        created_at: on_the_wire(stored.created_at),
        updated_at: on_the_wire(stored.updated_at),
    }
}

pub(super) fn shown_page(app: &App, page: Page<Stored>) -> Page<Endpoint> {
    Page {
        items: page
            .items
            .into_iter()
            .map(|stored| shown(app, stored))
            .collect(),
        next_page_token: page.next_page_token,
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    wish: PageWish,
) -> Result<Json<Page<Endpoint>>, Error> {
    super::services::find(&app, &caller, &place).await?;
    let found = endpoints::list(
        app.store.read(),
        place.ws()?,
        place.svc()?,
        caller.viewer(),
        wish.after.as_ref(),
        wish.fetch(),
    )
    .await?;
    let page = wish.page(found, |endpoint| {
        (
            u8::from(!endpoint.is_default).to_string(),
            endpoint.name.to_string(),
        )
    });
    Ok(Json(shown_page(&app, page)))
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    key: IdempotencyKey,
    body: Body<CreateEndpoint>,
) -> Result<Response, Error> {
    let service = super::services::find(&app, &caller, &place).await?;
    let workspace = super::workspaces::find(&app, &caller, &place)
        .await?
        .workspace;
    let home = Home {
        workspace: &workspace.id,
        calls_cap: workspace.max_concurrent_calls_cap,
        service: &service,
    };
    let once = key.once(
        caller.who.label(),
        &routes::CREATE_ENDPOINT,
        service.service.id.as_str(),
        body.digest,
    );
    let made = acts::create(
        &app,
        &caller.who,
        home,
        &body.value,
        body.digest,
        once.as_ref(),
    )
    .await?;
    let (status, keys) = match made {
        Made::New((_, keys)) => (StatusCode::CREATED, keys),
        Made::Before((_, keys)) => (StatusCode::OK, keys),
    };
    let path = routes::ENDPOINT.at(&[
        workspace.id.as_str(),
        service.service.id.as_str(),
        body.value.name.as_str(),
    ]);
    let stored = find(
        &app,
        &caller,
        &Place {
            endpoint: Some(body.value.name.clone()),
            ..place
        },
    )
    .await?;
    let row_version = stored.row_version;
    let value = CreatedEndpoint {
        endpoint: shown(&app, stored),
        keys: keys.map(|keys| NewKeys {
            primary: keys.primary.expose().to_owned(),
            secondary: keys.secondary.expose().to_owned(),
        }),
    };
    Ok((
        status,
        [(header::LOCATION, path)],
        Tagged { value, row_version },
    )
        .into_response())
}

async fn create_many(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<CreateMany>,
) -> Result<Json<CreatedMany>, Error> {
    let service = super::services::find(&app, &caller, &place).await?;
    let workspace = super::workspaces::find(&app, &caller, &place)
        .await?
        .workspace;
    let home = Home {
        workspace: &workspace.id,
        calls_cap: workspace.max_concurrent_calls_cap,
        service: &service,
    };
    let made = many::create(&app, &caller.who, home, &body.value).await?;
    Ok(Json(made))
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Tagged<Endpoint>, Error> {
    let stored = find(&app, &caller, &place).await?;
    let row_version = stored.row_version;
    Ok(Tagged {
        value: shown(&app, stored),
        row_version,
    })
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
    body: Body<UpdateEndpoint>,
) -> Result<Tagged<Endpoint>, Error> {
    let present = find(&app, &caller, &place).await?;
    if_match.check(present.row_version)?;
    let cap = super::workspaces::find(&app, &caller, &place)
        .await?
        .workspace
        .max_concurrent_calls_cap;
    acts::update(&app, &caller.who, cap, &present, &body.value).await?;
    get(State(app), caller, place).await
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
) -> Result<StatusCode, Error> {
    let present = find(&app, &caller, &place).await?;
    if_match.check(present.row_version)?;
    acts::delete(&app, &caller.who, &present).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn restore(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Tagged<Endpoint>, Error> {
    super::services::find(&app, &caller, &place).await?;
    acts::restore(&app, &caller.who, place.ws()?, place.svc()?, place.name()?).await?;
    get(State(app), caller, place).await
}

async fn availability(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Json<NameAvailability>, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let name = place.name()?.clone();
    let mut conn = app.store.read().acquire().await?;
    let availability =
        endpoints::availability(&mut conn, &service.id, &name, app.clock.now()).await?;
    Ok(Json(NameAvailability { name, availability }))
}

async fn release(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Tagged<Endpoint>, Error> {
    let stored = find(&app, &caller, &place).await?;
    let digests: Vec<_> = shown(&app, stored.clone())
        .models
        .into_iter()
        .filter(|model| model.quarantine.is_some())
        .map(|model| model.sha256)
        .collect();
    if digests.is_empty() {
        return Err(Error::Conflict(
            "No model of this endpoint is quarantined.".to_owned(),
        ));
    }
    acts::release(&app, &caller.who, &stored, &digests).await?;
    get(State(app), caller, place).await
}
