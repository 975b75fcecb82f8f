//! Changes of an endpoint: PATCH of its settings and trained models, and refresh to the newest version.

use super::body::{self, Fields};
use super::caller::Caller;
use super::endpoints::{cap, shown};
use super::error;
use super::location::{self, Location};
use crate::acts;
use crate::acts::models::{self, NewModel};
use crate::acts::updates::{self, Wish};
use crate::app::App;
use crate::classic::error::ClassicError;
use crate::error::Error;
use crate::store::endpoints::Stored;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use portico_api::endpoint::UpdateEndpoint;
use portico_api::routes;
use portico_domain::update;
use serde_json::Value;

/// The most models in one PATCH.
const MODELS_MAX: usize = 20;

/// What a PATCH asks for.
struct Patch {
    settings: UpdateEndpoint,
    models: Vec<(String, Location)>,
}

fn read(fields: &Fields, present: &Stored, cap: u32) -> Result<Patch, ClassicError> {
    let settings = UpdateEndpoint {
        description: fields.text("Description")?.map(str::to_owned),
        throttle: fields.throttle(Some(present.throttle), cap)?,
        prevent_update: fields.flag("PreventUpdate")?,
        logging: fields.logging()?,
        sample_data_enabled: fields.flag("SampleDataEnabled")?,
        ..UpdateEndpoint::default()
    };
    let mut models: Vec<(String, Location)> = Vec::new();
    for (index, resource) in resources(fields)?.iter().enumerate() {
        let place = format!("Resources[{index}]");
        let Value::Object(resource) = resource else {
            return Err(error::bad_value(
                &place,
                "A resource is an object with Name and Location.",
            ));
        };
        let resource = Fields::of(resource.clone());
        let missing = |field: &str| {
            let words = format!("{place} has no {field}.");
            error::bad_value(&format!("{place}.{field}"), words)
        };
        let name = resource.text("Name")?.ok_or_else(|| missing("Name"))?;
        let Some(Value::Object(location)) = resource.get("Location") else {
            return Err(missing("Location"));
        };
        if models.iter().any(|(known, _)| known == name) {
            let words = format!("“{name}” stands twice in Resources.");
            return Err(error::bad_value(&format!("{place}.Name"), words));
        }
        let location = Location::read(&Fields::of(location.clone()), name)?;
        models.push((name.to_owned(), location));
    }
    if models.is_empty() && settings == UpdateEndpoint::default() {
        return Err(error::bad_value(
            "Resources",
            "The body names nothing that can be changed: Resources, ThrottleLevel, MaxConcurrentCalls, Description, DiagnosticsTraceLevel, PreventUpdate or SampleDataEnabled.",
        ));
    }
    Ok(Patch { settings, models })
}

fn resources(fields: &Fields) -> Result<&[Value], ClassicError> {
    match fields.get("Resources") {
        None => Ok(&[]),
        Some(Value::Array(resources)) if resources.len() <= MODELS_MAX => Ok(resources),
        Some(_) => Err(error::bad_value(
            "Resources",
            format!("Resources is a list of at most {MODELS_MAX}."),
        )),
    }
}

/// Changes settings, and gives the endpoint models of its own. All of it happens, or nothing.
pub(super) async fn patch(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, ClassicError> {
    let present = caller.endpoint(&app).await?;
    caller.must_be_allowed(&routes::UPDATE_ENDPOINT, Some(&present))?;
    let failed = |error: Error| caller.failed(&error);
    let cap = cap(&app, &caller).await?;
    let bytes = body::bytes(request).await.map_err(failed)?;
    let fields = Fields::read(&bytes)?;
    let Patch { settings, models } = read(&fields, &present, cap)?;
    if models.is_empty() {
        set(&app, &caller, &fields, cap).await?;
    } else {
        // Whether the slots are there is asked before anything is fetched for them.
        let serving = models::serving(&app, &present).await.map_err(failed)?;
        for (name, _) in &models {
            update::slot(&serving, name).map_err(|problem| failed(models::refused(&problem)))?;
        }
        let _turn = models::AT_ONCE.acquire().await;
        let mut new = Vec::with_capacity(models.len());
        let mut room = location::MODELS_BYTES;
        for (resource, location) in models {
            let bytes = location::fetch(&app, &caller, &resource, &location, room).await?;
            room = room.saturating_sub(bytes.len() as u64);
            new.push(NewModel {
                bytes,
                source: location.source(),
                resource,
            });
        }
        let settings = (settings != UpdateEndpoint::default()).then_some((&settings, cap));
        models::customise(&app, &caller.who, &present.id, &new, settings)
            .await
            .map_err(failed)?;
    }
    let changed = caller.endpoint(&app).await?;
    shown(&app, &caller, &changed).await
}

/// Changes settings alone. Classic's clients send no state to compare with, so a change that came between
/// is taken into account and not refused.
async fn set(app: &App, caller: &Caller, fields: &Fields, cap: u32) -> Result<(), ClassicError> {
    let mut tries = 0;
    loop {
        let present = caller.endpoint(app).await?;
        let settings = read(fields, &present, cap)?.settings;
        match acts::endpoints::update(app, &caller.who, cap, &present, &settings).await {
            Ok(()) => return Ok(()),
            Err(Error::PreconditionFailed) if tries < 3 => tries += 1,
            Err(error) => return Err(caller.failed(&error)),
        }
    }
}

/// Moves an endpoint to the newest version; 304 where nothing is new.
pub(super) async fn refresh(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, ClassicError> {
    let present = caller.endpoint(&app).await?;
    caller.must_be_allowed(&routes::UPDATE_ENDPOINT, Some(&present))?;
    let failed = |error: Error| caller.failed(&error);
    let bytes = body::bytes(request).await.map_err(failed)?;
    let overwrite = if bytes.iter().all(u8::is_ascii_whitespace) {
        false
    } else {
        let fields = Fields::read(&bytes)?;
        fields.flag("OverwriteResources")?.unwrap_or(false)
    };
    let wish = Wish {
        overwrite,
        ..Wish::default()
    };
    let done = updates::update(&app, &caller.who, &present.id, wish)
        .await
        .map_err(failed)?;
    if !done.changes() {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let moved = caller.endpoint(&app).await?;
    shown(&app, &caller, &moved).await
}
