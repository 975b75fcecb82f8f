//! What calls read instead of the database: endpoints, their pipelines, keys. Loaded whole after a
//! change and swapped in one step; it carries the database's version counter.

use crate::calls::pipeline::Pipeline;
use crate::clock::Micros;
use crate::error::Error;
use crate::keys::secrets::Secrets;
use crate::keys::verify;
use crate::rollout::{Arm, Candidate, Counts};
use crate::store::workspaces::CallLimits;
use crate::store::{Store, endpoints, keys, quarantine, rollouts, services, workspaces};
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
    /// The version that is tried on its calls, while a staged rollout runs.
    pub candidate: Option<Arc<Candidate>>,
    /// What enforces its limit.
    pub gate: Arc<Gate>,
    /// What its workspace allows one call.
    pub limits: CallLimits,
}

impl Entry {
    /// What scores the calls of one side of a rollout; without one there is only the version in force.
    pub fn pipeline_of(&self, arm: Arm) -> &Arc<Pipeline> {
        match (arm, &self.candidate) {
            (Arm::Candidate, Some(candidate)) => &candidate.pipeline,
            _ => &self.pipeline,
        }
    }

    /// The version that scores them.
    pub fn version_of(&self, arm: Arm) -> u32 {
        match (arm, &self.candidate) {
            (Arm::Candidate, Some(candidate)) => candidate.stored.version,
            _ => self.stored.version,
        }
    }
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
        let mut schemas = Schemas::of(before);
        let limits = workspaces::call_limits(store.read()).await?;
        let mut rollouts = rollouts::all(store.read()).await?;
        let mut by_id = HashMap::new();
        for stored in endpoints::all(store.read()).await? {
            let schema = schemas
                .get(store, &stored.service_id, stored.version)
                .await?;
            let candidate = match rollouts.remove(&stored.id) {
                None => None,
                Some(rollout) => {
                    let tried = schemas
                        .get(store, &stored.service_id, rollout.version)
                        .await?;
                    let before = before.endpoints.get(&stored.id);
                    let before = before.and_then(|entry| entry.candidate.as_ref());
                    Some(candidate(before, rollout, &stored, &schema, tried)?)
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
                    candidate,
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

    /// All rollouts that run.
    pub fn candidates(&self) -> impl Iterator<Item = &Arc<Candidate>> {
        let entries = self.endpoints.values();
        entries.filter_map(|entry| entry.candidate.as_ref())
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

    /// The endpoint of a key that is accepted now, and the key: where the path does not tell the endpoint's id.
    pub fn endpoint_of_key(
        &self,
        text: &str,
        secrets: &Secrets,
        now: Micros,
    ) -> Option<(&Arc<Entry>, Verified)> {
        let (id, entry) = self.verified(text, KeyOwner::Endpoint, secrets, now)?;
        let endpoint = self.endpoints.get(entry.endpoint.as_ref()?)?;
        let slot = entry.record.slot;
        Some((endpoint, Verified { id, slot }))
    }

    /// Whether the key with this id is one of this endpoint's and accepted now. Its text is not asked: for
    /// what was signed with a secret that follows from the id.
    pub fn key_opens(&self, id: &KeyId, endpoint: &EndpointId, now: Micros) -> bool {
        self.keys.get(id).is_some_and(|entry| {
            entry.endpoint.as_ref() == Some(endpoint) && entry.record.accepted_at(now)
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

    /// The key that this text is, whatever its state: for a report that it was found. Takes the same time
    /// for a key that there is not.
    pub fn whose(&self, text: &str, secrets: &Secrets) -> Option<KeyId> {
        let parsed = key::parse(text).ok()?;
        let entry = self.keys.get(&parsed.id);
        let pepper = secrets.pepper.as_ref()?;
        let fits = verify::verify(pepper, text, entry.map(|entry| &entry.verifier));
        fits.then_some(parsed.id)
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

/// Schemas by version, each read once.
struct Schemas(HashMap<(ServiceId, u32), Arc<Schema>>);

impl Schemas {
    /// Those that the snapshot before has.
    fn of(before: &Snapshot) -> Self {
        let schemas = before.endpoints.values().flat_map(|entry| {
            let arms = Arm::BOTH.into_iter();
            arms.map(move |arm| {
                let place = (entry.stored.service_id.clone(), entry.version_of(arm));
                (place, Arc::clone(&entry.pipeline_of(arm).schema))
            })
        });
        Self(schemas.collect())
    }

    async fn get(
        &mut self,
        store: &Store,
        service: &ServiceId,
        number: u32,
    ) -> Result<Arc<Schema>, Error> {
        let place = (service.clone(), number);
        if let Some(schema) = self.0.get(&place) {
            return Ok(Arc::clone(schema));
        }
        let version = services::version(store.read(), service, number).await?;
        let version = version
            .ok_or_else(|| Error::Internal(format!("service {service} has no version {number}")))?;
        let schema = Arc::new(version.schema);
        self.0.insert(place, Arc::clone(&schema));
        Ok(schema)
    }
}

/// The candidate of a rollout: the version's pipeline with the endpoint's own models in their places. What
/// the snapshot before had of it goes on.
fn candidate(
    before: Option<&Arc<Candidate>>,
    rollout: rollouts::Stored,
    endpoint: &endpoints::Stored,
    current: &Schema,
    tried: Arc<Schema>,
) -> Result<Arc<Candidate>, Error> {
    let (pipeline, counts) = match before {
        Some(before) if before.stored == rollout => return Ok(Arc::clone(before)),
        Some(before) if before.stored.id == rollout.id => {
            (Arc::clone(&before.pipeline), Arc::clone(&before.counts))
        }
        _ => {
            let counts = Counts::new(&rollout.id, current, &tried);
            let stages = &rollout.stages;
            let pipeline =
                Pipeline::with_models(tried, stages, &endpoint.own_models, &endpoint.id)?;
            (Arc::new(pipeline), Arc::new(counts))
        }
    };
    Ok(Arc::new(Candidate {
        stored: rollout,
        pipeline,
        counts,
    }))
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
