//! What calls read instead of the database: endpoints, their pipelines, keys. Loaded whole after a
//! change and swapped in one step; it carries the database's version counter.

use crate::calls::pipeline::Pipeline;
use crate::clock::Micros;
use crate::error::Error;
use crate::keys::secrets::Secrets;
use crate::keys::verify;
use crate::store::workspaces::CallLimits;
use crate::store::{Store, endpoints, keys, quarantine, services, workspaces};
use crate::throttle::Gates;
use portico_api::id::{EndpointId, ServiceId, WorkspaceId};
use portico_api::key::KeySlot;
use portico_api::schema::Schema;
use portico_domain::key::{self, KeyId, KeyOwner};
use portico_domain::rotation::KeyRecord;
use portico_domain::throttle::Gate;
use std::collections::HashMap;
use std::sync::Arc;

/// An endpoint as calls need it.
#[derive(Debug)]
pub struct Entry {
    /// As stored.
    pub stored: endpoints::Stored,
    /// What scores its rows.
    pub pipeline: Arc<Pipeline>,
    /// What enforces its limit.
    pub gate: Arc<Gate>,
    /// What its workspace allows one call.
    pub limits: CallLimits,
}

/// A key as calls need it.
#[derive(Debug)]
struct KeyEntry {
    verifier: [u8; 32],
    record: KeyRecord,
    workspace: WorkspaceId,
    endpoint: Option<EndpointId>,
}

/// A key that was verified.
#[derive(Clone, Debug)]
pub struct Verified {
    /// By what it is found.
    pub id: KeyId,
    /// Its slot.
    pub slot: KeySlot,
}

/// The snapshot.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The database's version counter when this was loaded.
    pub version: i64,
    endpoints: HashMap<EndpointId, Arc<Entry>>,
    keys: HashMap<KeyId, KeyEntry>,
    quarantined: HashMap<String, quarantine::Quarantined>,
}

impl Snapshot {
    /// Loads everything, taking over pipelines' schemas from the snapshot before.
    ///
    /// # Errors
    /// If the database does not answer, or holds what can't be read.
    pub async fn load(
        store: &Store,
        gates: &Gates,
        before: &Self,
        now: Micros,
    ) -> Result<Self, Error> {
        // Read first: a change that comes while this loads makes the version look old, and it loads again.
        let version = store.version().await?;
        let mut schemas: HashMap<(ServiceId, u32), Arc<Schema>> = before
            .endpoints
            .values()
            .map(|entry| {
                (
                    (entry.stored.service_id.clone(), entry.stored.version),
                    Arc::clone(&entry.pipeline.schema),
                )
            })
            .collect();
        let limits = workspaces::call_limits(store.read()).await?;
        let mut by_id = HashMap::new();
        for stored in endpoints::all(store.read()).await? {
            let place = (stored.service_id.clone(), stored.version);
            let schema = match schemas.get(&place) {
                Some(schema) => Arc::clone(schema),
                None => {
                    let version = services::version(store.read(), &place.0, place.1)
                        .await?
                        .ok_or_else(|| {
                            Error::Internal(format!("endpoint {} serves no version", stored.id))
                        })?;
                    let schema = Arc::new(version.schema);
                    schemas.insert(place, Arc::clone(&schema));
                    schema
                }
            };
            let pipeline = match before.endpoints.get(&stored.id) {
                Some(entry)
                    if entry.stored.stages == stored.stages
                        && entry.stored.own_models == stored.own_models
                        && entry.stored.version == stored.version =>
                {
                    Arc::clone(&entry.pipeline)
                }
                _ => Arc::new(Pipeline::new(schema, &stored)?),
            };
            let limits = limits
                .get(&stored.workspace_id)
                .copied()
                .unwrap_or_default();
            let gate = gates.gate(&stored.id, stored.throttle.max_concurrent_calls);
            by_id.insert(
                stored.id.clone(),
                Arc::new(Entry {
                    stored,
                    pipeline,
                    gate,
                    limits,
                }),
            );
        }
        let mut by_key = HashMap::new();
        for stored in keys::all(store.read(), now).await? {
            let (Some(id), Ok(verifier)) = (
                KeyId::parse(&stored.id),
                <[u8; 32]>::try_from(stored.verifier.as_slice()),
            ) else {
                tracing::error!(
                    key = stored.id,
                    "a stored key can't be read and is left out"
                );
                continue;
            };
            by_key.insert(
                id,
                KeyEntry {
                    record: record(&stored),
                    verifier,
                    workspace: stored.workspace_id,
                    endpoint: stored.endpoint_id,
                },
            );
        }
        let quarantined = quarantine::list(store.read())
            .await?
            .into_iter()
            .map(|model| (model.sha256.clone(), model))
            .collect();
        Ok(Self {
            version,
            endpoints: by_id,
            keys: by_key,
            quarantined,
        })
    }

    /// The endpoint with this id.
    pub fn endpoint(&self, id: &EndpointId) -> Option<&Arc<Entry>> {
        self.endpoints.get(id)
    }

    /// Why a model does not run, if it is quarantined.
    pub fn quarantine(&self, sha256: &str) -> Option<&quarantine::Quarantined> {
        self.quarantined.get(sha256)
    }

    /// All quarantined models.
    pub fn all_quarantined(&self) -> impl Iterator<Item = &quarantine::Quarantined> {
        self.quarantined.values()
    }

    /// Whether `text` is a key of this endpoint that is accepted now. Unknown ids take as long as known ones.
    pub fn endpoint_key(
        &self,
        text: &str,
        endpoint: &EndpointId,
        secrets: &Secrets,
        now: Micros,
    ) -> Option<Verified> {
        let (id, entry) = self.verified(text, KeyOwner::Endpoint, secrets, now)?;
        (entry.endpoint.as_ref() == Some(endpoint)).then_some(Verified {
            id,
            slot: entry.record.slot,
        })
    }

    /// The workspace of a token that is accepted now, and by what the token is found.
    pub fn workspace_token(
        &self,
        text: &str,
        secrets: &Secrets,
        now: Micros,
    ) -> Option<(WorkspaceId, KeyId)> {
        let (id, entry) = self.verified(text, KeyOwner::Workspace, secrets, now)?;
        let workspace = || (entry.workspace.clone(), id);
        entry.endpoint.is_none().then(workspace)
    }

    fn verified(
        &self,
        text: &str,
        owner: KeyOwner,
        secrets: &Secrets,
        now: Micros,
    ) -> Option<(KeyId, &KeyEntry)> {
        // A mistyped paste ends here, at its checksum.
        let parsed = key::parse(text).ok()?;
        let entry = self.keys.get(&parsed.id);
        // Without its pepper a server verifies nothing.
        let pepper = secrets.pepper.as_ref()?;
        let fits = verify::verify(pepper, text, entry.map(|entry| &entry.verifier));
        let entry = entry.filter(|_| fits && parsed.tag.owner == owner)?;
        entry.record.accepted_at(now).then_some((parsed.id, entry))
    }
}

/// What the rules of rotation need of a stored key.
pub fn record(stored: &keys::Stored) -> KeyRecord {
    KeyRecord {
        slot: stored.slot,
        generation: stored.generation,
        created_at: stored.created_at,
        expires_at: stored.expires_at,
        grace_until: stored.grace_until,
        disabled: stored.disabled,
    }
}
