//! Customers of a workspace.

use super::extract::{Body, IdempotencyKey, PageWish, Place};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::{Made, customers as acts};
use crate::app::App;
use crate::error::Error;
use crate::store::customers;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use portico_api::customer::{CreateCustomer, Customer};
use portico_api::page::Page;
use portico_api::routes;

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::CUSTOMERS, list);
    api.add(&routes::CREATE_CUSTOMER, create);
}

async fn list(
    State(app): State<App>,
    place: Place,
    wish: PageWish,
) -> Result<Json<Page<Customer>>, Error> {
    let found = customers::list(
        app.store.read(),
        place.ws()?,
        wish.after.as_ref(),
        wish.fetch(),
    )
    .await?;
    Ok(Json(wish.page(found, |customer| {
        (customer.name.clone(), customer.id.to_string())
    })))
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    key: IdempotencyKey,
    body: Body<CreateCustomer>,
) -> Result<(StatusCode, Json<Customer>), Error> {
    let workspace = place.ws()?;
    let once = key.once(
        caller.who.label(),
        &routes::CREATE_CUSTOMER,
        workspace.as_str(),
        body.digest,
    );
    let (status, id) =
        match acts::create(&app, &caller.who, workspace, &body.value, once.as_ref()).await? {
            Made::New(id) => (StatusCode::CREATED, id),
            Made::Before(id) => (StatusCode::OK, id),
        };
    let customer = customers::find(app.store.read(), workspace, &id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok((status, Json(customer)))
}
