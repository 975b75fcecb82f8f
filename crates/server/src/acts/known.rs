//! What is known of a service's models, read in few queries however many endpoints are asked about: the
//! slots of each version, and what each model takes and gives. With it the rules of updating are asked
//! without I/O.

use super::models::interface_of;
use crate::app::App;
use crate::error::Error;
use crate::store::endpoints::Stored;
use crate::store::{models, signatures};
use portico_api::id::ServiceId;
use portico_domain::update::{Interface, Model, Serving, Slots, Target};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Digests by resource.
pub(super) type Digests = BTreeMap<String, String>;

/// What is known.
#[derive(Debug)]
pub(super) struct Known {
    slots: BTreeMap<u32, Digests>,
    interfaces: HashMap<String, Interface>,
}

impl Known {
    /// The slots of all versions of a service; of their models nothing yet.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn of_service(app: &App, service: &ServiceId) -> Result<Self, Error> {
        Ok(Self {
            slots: models::slots(app.store.read(), service).await?,
            interfaces: HashMap::new(),
        })
    }

    /// Learns what these models take and give: as it was kept, else as they say now.
    ///
    /// # Errors
    /// If the database does not answer; or, once all that can be learnt is, why one model could not be asked.
    pub(super) async fn learn(
        &mut self,
        app: &App,
        digests: impl IntoIterator<Item = &String>,
    ) -> Result<(), Error> {
        let mut asked: BTreeSet<&str> = digests.into_iter().map(String::as_str).collect();
        asked.retain(|sha256| !self.interfaces.contains_key(*sha256));
        if asked.is_empty() {
            return Ok(());
        }
        let found = signatures::find(app.store.read(), &asked).await?;
        asked.retain(|sha256| !found.contains_key(*sha256));
        self.interfaces.extend(found);
        let mut failed = None;
        for sha256 in asked {
            match ask(app, sha256).await {
                Ok(interface) => {
                    self.interfaces.insert(sha256.to_owned(), interface);
                }
                Err(error @ Error::Database(_)) => return Err(error),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Learns of everything that these endpoints run, and of the slots of this version.
    ///
    /// # Errors
    /// As [`Known::learn`].
    pub(super) async fn learn_of(
        &mut self,
        app: &App,
        endpoints: &[Stored],
        version: Option<u32>,
    ) -> Result<(), Error> {
        let mut versions: BTreeSet<u32> = endpoints.iter().map(|one| one.version).collect();
        versions.extend(version);
        let slots: Vec<String> = versions
            .iter()
            .filter_map(|version| self.slots.get(version))
            .flat_map(|slots| slots.values().cloned())
            .collect();
        let own = endpoints.iter().flat_map(|one| one.own_models.values());
        self.learn(app, slots.iter().chain(own)).await
    }

    /// The newest version; 0 if there is none.
    pub(super) fn newest(&self) -> u32 {
        self.slots.keys().next_back().copied().unwrap_or(0)
    }

    /// These models; `None` if one of them is not known.
    pub(super) fn models(&self, digests: &Digests) -> Option<Slots> {
        let model = |(resource, sha256): (&String, &String)| {
            let model = Model {
                sha256: sha256.clone(),
                interface: self.interfaces.get(sha256)?.clone(),
            };
            Some((resource.clone(), model))
        };
        digests.iter().map(model).collect()
    }

    /// A version; `None` if it or one of its models is not known.
    pub(super) fn target(&self, version: u32) -> Option<Target> {
        Some(Target {
            version,
            slots: self.models(self.slots.get(&version)?)?,
        })
    }

    /// An endpoint as the rules of updating see it; `None` if one of its models is not known.
    pub(super) fn serving(&self, endpoint: &Stored) -> Option<Serving> {
        Some(Serving {
            is_default: endpoint.is_default,
            prevent_update: endpoint.prevent_update,
            version: endpoint.version,
            slots: self.target(endpoint.version)?.slots,
            own: self.models(&endpoint.own_models)?,
        })
    }
}

async fn ask(app: &App, sha256: &str) -> Result<Interface, Error> {
    let bytes = app.blobs.get(sha256).await?;
    let found = interface_of(&app.engine.inspect(bytes).await?);
    let mut tx = app.store.begin().await?;
    signatures::insert(tx.conn(), sha256, &found, app.clock.now()).await?;
    tx.commit_quietly().await?;
    Ok(found)
}

/// What the rules were not told, as an error; it is not the caller's.
pub(super) fn unknown() -> Error {
    Error::Internal("a version or a model is not known".to_owned())
}
