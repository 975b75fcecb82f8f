//! What `--demo` fills an empty installation with: a workspace, two services trained on the Palmer
//! penguins, two customers with an endpoint of each, one account a role. Real models, real rows.

use crate::access::session::Token;
use crate::access::sign_in::sign_in_link;
use crate::acts::endpoints::{self as endpoint_acts, Home};
use crate::acts::people::{self as people_acts, NewPerson, Standing};
use crate::acts::{
    Made, customers as customer_acts, keys as key_acts, workspaces as workspace_acts,
};
use crate::app::App;
use crate::audit::Who;
use crate::classic;
use crate::error::Error;
use crate::package::{self, Package};
use crate::store::services::Viewer;
use crate::store::{endpoints, people, services};
use portico_api::customer::CreateCustomer;
use portico_api::endpoint::CreateEndpoint;
use portico_api::id::{CustomerId, PersonId, ServiceId, WorkspaceId};
use portico_api::key::KeySlot;
use portico_api::name::EndpointName;
use portico_api::session::Role;
use portico_api::throttle::Throttle;
use portico_api::workspace::CreateWorkspace;
use portico_domain::key::PlainKey;
use rust_embed::RustEmbed;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

#[derive(RustEmbed)]
#[folder = "../../demo/packages"]
struct Packages;

const FILE: &str = "demo.json";
const OWNER: &str = "owner@demo.example";
/// The customers, and the endpoint that each service has for each of them.
const CUSTOMERS: [(&str, &str, &str); 2] = [
    (
        "Northwind Wildlife",
        "northwind",
        "Field app of the Antarctic survey",
    ),
    (
        "Acme Aquariums",
        "acme",
        "Weekly intake sheet of the veterinary team",
    ),
];

/// Fills an empty installation; an existing one only gets its `demo.json` brought up to the address.
/// Answers a fresh sign-in link for the owner.
///
/// # Errors
/// If the installation holds something else than the demo, or a part of it can't be made.
pub async fn prepare(app: &App) -> Result<Token, Error> {
    let file = app.settings.data.join(FILE);
    if app.store.was_empty() {
        let description = fill(app).await?;
        write(&file, &description)?;
    } else if file.exists() {
        readdress(app, &file)?;
    } else {
        return Err(Error::Start("--demo fills an empty installation; this one holds something else. Give another --data folder.".to_owned()));
    }
    let owner = people::by_email(app.store.read(), OWNER).await?;
    let owner = owner.ok_or_else(|| {
        Error::Start("The demo's owner account is gone; give another --data folder.".to_owned())
    })?;
    sign_in_link(app, &owner.id).await
}

async fn fill(app: &App) -> Result<Value, Error> {
    let who = Who::system();
    let mut accounts = Vec::new();
    add_account(
        app,
        "admin@demo.example",
        "Ada Admin",
        "administrator",
        Standing::Administrator,
        &mut accounts,
    )
    .await?;
    let request = CreateWorkspace {
        name: "demo".to_owned(),
        description: "Two services trained on the Palmer penguins.".to_owned(),
    };
    let (Made::New((workspace, token)) | Made::Before((workspace, token))) =
        workspace_acts::create(app, &who, &request, None, None).await?;
    let member = |role| Standing::Member(workspace.clone(), role);
    add_account(
        app,
        OWNER,
        "Olga Owner",
        "owner",
        member(Role::Owner),
        &mut accounts,
    )
    .await?;
    add_account(
        app,
        "publisher@demo.example",
        "Pavel Publisher",
        "publisher",
        member(Role::Publisher),
        &mut accounts,
    )
    .await?;

    let mut granted = Vec::new();
    for (index, (name, endpoint, purpose)) in CUSTOMERS.into_iter().enumerate() {
        let request = CreateCustomer {
            name: name.to_owned(),
        };
        let (Made::New(id) | Made::Before(id)) =
            customer_acts::create(app, &who, &workspace, &request, None).await?;
        if index == 0 {
            let standing = Standing::Customer(id.clone());
            add_account(
                app,
                "customer@demo.example",
                "Carla Customer",
                "customer",
                standing,
                &mut accounts,
            )
            .await?;
        }
        granted.push((id, endpoint, purpose));
    }
    let mut described = Vec::new();
    for package in packages()? {
        let (published, _) = package::import(app, &who, &workspace, &package).await?;
        described.extend(add_endpoints(app, &workspace, &published.service, &granted).await?);
    }
    Ok(json!({
        "base_url": app.settings.public_url,
        "accounts": accounts,
        "workspace_token": token.as_ref().map(PlainKey::expose),
        "endpoints": described,
    }))
}

async fn add_account(
    app: &App,
    email: &str,
    name: &str,
    role: &str,
    standing: Standing,
    accounts: &mut Vec<Value>,
) -> Result<PersonId, Error> {
    let new = NewPerson {
        email: email.to_owned(),
        name: name.to_owned(),
        standing,
    };
    let (id, password) = people_acts::add(app, &Who::system(), &new).await?;
    accounts.push(json!({"email": email, "password": *password, "role": role}));
    Ok(id)
}

/// The embedded packages, one for each folder.
fn packages() -> Result<Vec<Package>, Error> {
    let mut folders: BTreeMap<String, BTreeMap<String, bytes::Bytes>> = BTreeMap::new();
    for path in Packages::iter() {
        if let (Some((folder, name)), Some(file)) = (path.split_once('/'), Packages::get(&path)) {
            folders
                .entry(folder.to_owned())
                .or_default()
                .insert(name.to_owned(), file.data.into_owned().into());
        }
    }
    folders
        .into_values()
        .rev()
        .map(Package::from_files)
        .collect()
}

async fn add_endpoints(
    app: &App,
    workspace: &WorkspaceId,
    service: &ServiceId,
    granted: &[(CustomerId, &str, &str)],
) -> Result<Vec<Value>, Error> {
    let who = Who::system();
    let stored = services::find(app.store.read(), workspace, service, Viewer::All)
        .await?
        .ok_or(Error::NotFound)?;
    let home = Home {
        workspace,
        calls_cap: portico_api::throttle::HIGH_MAX,
        service: &stored,
    };
    let mut names = vec![EndpointName::DEFAULT];
    for (index, (customer, name, purpose)) in granted.iter().enumerate() {
        let request = CreateEndpoint {
            id: None,
            name: EndpointName::parse(name)
                .map_err(|problem| Error::Internal(problem.to_string()))?,
            description: (*purpose).to_owned(),
            throttle: (index == 1).then_some(Throttle::LOW),
            version: None,
            customer_id: Some(customer.clone()),
            logging: portico_api::endpoint::Logging::None,
            sample_data_enabled: true,
            prevent_update: false,
            tags: Vec::new(),
        };
        endpoint_acts::create(app, &who, home, &request, app.entropy.bytes()?, None).await?;
        names.push(name);
    }
    let mut described = Vec::new();
    for name in names {
        let name =
            EndpointName::parse(name).map_err(|problem| Error::Internal(problem.to_string()))?;
        let endpoint = endpoints::find(app.store.read(), workspace, service, &name, Viewer::All)
            .await?
            .ok_or(Error::NotFound)?;
        let primary = key_acts::reveal(app, &who, &endpoint, KeySlot::Primary).await?;
        let secondary = key_acts::reveal(app, &who, &endpoint, KeySlot::Secondary).await?;
        described.push(json!({
            "workspace_id": workspace,
            "service_id": service,
            "service": endpoint.service_name,
            "name": name,
            "endpoint_id": endpoint.id,
            "url": classic::execute_url(&app.settings.public_url, workspace.as_str(), endpoint.id.as_str()),
            "primary_key": primary.expose(),
            "secondary_key": secondary.expose(),
        }));
    }
    Ok(described)
}

/// Brings the addresses in `demo.json` up to where the server listens now.
fn readdress(app: &App, file: &Path) -> Result<(), Error> {
    let mut description: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    description["base_url"] = json!(app.settings.public_url);
    for endpoint in description["endpoints"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        let text = |name: &str| endpoint[name].as_str().unwrap_or_default().to_owned();
        endpoint["url"] = json!(classic::execute_url(
            &app.settings.public_url,
            &text("workspace_id"),
            &text("endpoint_id")
        ));
    }
    write(file, &description)
}

/// Only the owner of the file may read it: it holds keys and passwords in clear.
fn write(file: &Path, description: &Value) -> Result<(), Error> {
    let aside = file.with_extension("json.new");
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    out.write_all(serde_json::to_string_pretty(description)?.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&aside, file)?;
    Ok(())
}
