//! Services and endpoints as classic showed them: fields, their order, and how values are written.

use super::help_location;
use crate::app::App;
use crate::clock::{Micros, on_the_wire};
use crate::store::endpoints::Stored;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use portico_api::endpoint::Logging;
use portico_api::name::EndpointName;
use portico_api::service::Service;
use portico_api::throttle::ThrottleLevel;
use portico_api::time::Timestamp;
use portico_domain::key::PlainKey;
use serde::Serialize;
use std::collections::BTreeMap;

/// An answer of this wire.
pub(super) fn json(value: &impl Serialize) -> Response {
    let body = serde_json::to_string(value).unwrap_or_default();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    ([(header::CONTENT_TYPE, json)], body).into_response()
}

/// A web service.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WebService<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
    creation_time: &'a Timestamp,
    workspace_id: &'a str,
    default_endpoint_name: &'a str,
    endpoint_count: u32,
}

/// A service; `endpoints` as far as the caller sees them.
pub(super) fn service(service: &Service, endpoints: u32) -> WebService<'_> {
    WebService {
        id: service.id.as_str(),
        name: &service.name,
        description: &service.description,
        creation_time: &service.created_at,
        workspace_id: service.workspace_id.as_str(),
        default_endpoint_name: EndpointName::DEFAULT,
        endpoint_count: endpoints,
    }
}

/// The keys that an answer may tell; the others are left out.
#[derive(Clone, Copy, Default)]
pub(super) struct Keys<'a> {
    /// The primary key.
    pub(super) primary: Option<&'a PlainKey>,
    /// The secondary key.
    pub(super) secondary: Option<&'a PlainKey>,
}

/// An endpoint.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Endpoint<'a> {
    name: &'a str,
    description: &'a str,
    creation_time: Timestamp,
    workspace_id: &'a str,
    web_service_id: &'a str,
    help_location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_key: Option<&'a str>,
    api_location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Timestamp>,
    prevent_update: bool,
    sample_data_enabled: bool,
    max_concurrent_calls: u32,
    diagnostics_trace_level: &'static str,
    throttle_level: &'static str,
    resources: Vec<Resource<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource<'a> {
    name: &'a str,
    kind: &'static str,
    location: Location,
}

/// Which model runs, by its digest. There is nothing to fetch at it: a model goes in and does not come out.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    base_location: Option<String>,
    relative_location: String,
    sas_blob_token: Option<String>,
}

/// An endpoint; `published` tells when each version of its service was. The limit is the one in force.
pub(super) fn endpoint<'a>(
    app: &App,
    stored: &'a Stored,
    published: &BTreeMap<u32, Micros>,
    keys: Keys<'a>,
) -> Endpoint<'a> {
    let (workspace, service) = (stored.workspace_id.as_str(), stored.service_id.as_str());
    let id = stored.id.as_str();
    let public_url = &app.settings.public_url;
    let resource = |(name, sha256): &'a (Option<String>, String)| {
        let name = name.as_deref()?;
        let sha256 = stored.own_models.get(name).unwrap_or(sha256);
        Some(Resource {
            name,
            kind: "TrainedModel",
            location: Location {
                base_location: None,
                relative_location: format!("sha256/{sha256}"),
                sas_blob_token: None,
            },
        })
    };
    Endpoint {
        name: stored.name.as_str(),
        description: &stored.description,
        creation_time: on_the_wire(stored.created_at),
        workspace_id: workspace,
        web_service_id: service,
        help_location: help_location(public_url, workspace, service, id),
        primary_key: keys.primary.map(PlainKey::expose),
        secondary_key: keys.secondary.map(PlainKey::expose),
        api_location: crate::classic::api_location(public_url, workspace, id),
        version: published.get(&stored.version).map(|at| on_the_wire(*at)),
        prevent_update: stored.prevent_update,
        sample_data_enabled: stored.sample_data,
        max_concurrent_calls: app
            .gates
            .limit_in_force(&stored.id)
            .unwrap_or(stored.throttle.max_concurrent_calls),
        diagnostics_trace_level: match stored.logging {
            Logging::None => "None",
            Logging::Error => "Error",
            Logging::All => "All",
        },
        throttle_level: match stored.throttle.level {
            ThrottleLevel::Low => "Low",
            ThrottleLevel::High => "High",
        },
        resources: stored.stages.iter().filter_map(resource).collect(),
    }
}
