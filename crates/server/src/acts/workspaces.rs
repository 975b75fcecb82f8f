//! Making, changing and deleting workspaces.

use super::keys::{self, Place};
use super::{Made, description, title};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::error::Error;
use crate::store::workspaces::{CallLimits, Changed, NewWorkspace, Stored};
use crate::store::{audit, idempotency, keys as stored_keys, people, workspaces};
use portico_api::id::{PersonId, WorkspaceId};
use portico_api::key::KeySlot;
use portico_api::session::Role;
use portico_api::throttle::HIGH_MAX;
use portico_api::workspace::{
    CALL_BYTES, CALL_SECONDS, CreateWorkspace, RevealPolicy, UpdateWorkspace, Workspace,
};
use portico_domain::key::PlainKey;
use serde_json::json;

/// Makes a workspace with its two tokens; `owner` becomes its owner.
///
/// # Errors
/// [`Error::Invalid`] by field.
pub async fn create(
    app: &App,
    who: &Who,
    request: &CreateWorkspace,
    owner: Option<&PersonId>,
    once: Option<&idempotency::Once>,
) -> Result<Made<(WorkspaceId, Option<PlainKey>)>, Error> {
    let name = title(&request.name)?;
    description(&request.description)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if let Some(once) = once
        && let Some(made) = idempotency::made_before(tx.conn(), once, now).await?
    {
        let id = WorkspaceId::parse(&made).map_err(|e| Error::Internal(e.to_string()))?;
        return Ok(Made::Before((id, None)));
    }
    let id = WorkspaceId::from_bytes(app.entropy.bytes()?);
    let wrapped = keys::new_data_key(app, &id)?;
    let new = NewWorkspace {
        id: &id,
        name: &name,
        description: &request.description,
        calls_cap: HIGH_MAX,
        data_key_nonce: &wrapped.nonce,
        data_key: &wrapped.bytes,
    };
    workspaces::insert(tx.conn(), &new, now).await?;
    if let Some(owner) = owner {
        people::add_member(tx.conn(), &id, owner, Role::Owner).await?;
    }
    let token = keys::issue(app, &mut tx, token_place(&id, KeySlot::Primary), None).await?;
    keys::issue(app, &mut tx, token_place(&id, KeySlot::Secondary), None).await?;
    let entry = Entry {
        who,
        action: "workspace.create",
        object_kind: "workspace",
        object_id: id.as_str(),
        workspace: Some(id.as_str()),
        before: None,
        after: Some(json!({"name": name, "description": request.description})),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    if let Some(once) = once {
        idempotency::remember(tx.conn(), once, id.as_str(), now).await?;
    }
    tx.commit().await?;
    app.refresh().await?;
    Ok(Made::New((id, Some(token))))
}

fn token_place(workspace: &WorkspaceId, slot: KeySlot) -> Place<'_> {
    Place {
        workspace,
        endpoint: None,
        slot,
        generation: 1,
    }
}

/// Changes a workspace.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn update(
    app: &App,
    who: &Who,
    present: &Stored,
    change: &UpdateWorkspace,
) -> Result<(), Error> {
    let before = &present.workspace;
    let name = change
        .name
        .as_deref()
        .map_or_else(|| Ok(before.name.clone()), title)?;
    let text = change.description.as_ref().unwrap_or(&before.description);
    description(text)?;
    let calls_cap = change
        .max_concurrent_calls_cap
        .unwrap_or(before.max_concurrent_calls_cap);
    if !(1..=HIGH_MAX).contains(&calls_cap) {
        return Err(Error::field(
            "/max_concurrent_calls_cap",
            "cap_out_of_range",
            "The cap is a whole number from 1 to 200.",
        ));
    }
    let limits = call_limits(app, before, change)?;
    let reveal_policy = change.reveal_policy.unwrap_or(before.reveal_policy);
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let changed = Changed {
        name: &name,
        description: text,
        calls_cap,
        reveal_policy,
        limits,
    };
    workspaces::update(tx.conn(), &before.id, present.row_version, &changed, now).await?;
    if reveal_policy == RevealPolicy::Once && before.reveal_policy == RevealPolicy::AnyTime {
        stored_keys::forget_sealed(tx.conn(), &before.id).await?;
    }
    let shown = |name: &str, text: &str, cap: u32, policy: RevealPolicy, limits: CallLimits| {
        json!({"name": name, "description": text, "max_concurrent_calls_cap": cap, "reveal_policy": policy,
            "max_call_bytes": limits.bytes, "call_timeout_seconds": limits.seconds})
    };
    let limits_before = CallLimits {
        bytes: before.max_call_bytes,
        seconds: before.call_timeout_seconds,
    };
    let entry = Entry {
        who,
        action: "workspace.update",
        object_kind: "workspace",
        object_id: before.id.as_str(),
        workspace: Some(before.id.as_str()),
        before: Some(shown(
            &before.name,
            &before.description,
            before.max_concurrent_calls_cap,
            before.reveal_policy,
            limits_before,
        )),
        after: Some(shown(&name, text, calls_cap, reveal_policy, limits)),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    tx.commit().await?;
    app.refresh().await
}

/// What the workspace allows one call after this change: within what an owner can set, and within what
/// the operator of this server allows.
fn call_limits(
    app: &App,
    before: &Workspace,
    change: &UpdateWorkspace,
) -> Result<CallLimits, Error> {
    let most = u32::try_from(app.settings.call_bytes).unwrap_or(u32::MAX);
    let bytes = *CALL_BYTES.start()..=(*CALL_BYTES.end()).min(most);
    if change
        .max_call_bytes
        .is_some_and(|asked| !bytes.contains(&asked))
    {
        return Err(Error::field(
            "/max_call_bytes",
            "call_bytes_out_of_range",
            format!(
                "A call's body may be allowed {} to {} bytes on this server.",
                bytes.start(),
                bytes.end()
            ),
        ));
    }
    let most = u32::try_from(app.settings.call_timeout.as_secs()).unwrap_or(u32::MAX);
    let seconds = *CALL_SECONDS.start()..=(*CALL_SECONDS.end()).min(most.max(1));
    if change
        .call_timeout_seconds
        .is_some_and(|asked| !seconds.contains(&asked))
    {
        return Err(Error::field(
            "/call_timeout_seconds",
            "call_timeout_out_of_range",
            format!(
                "A call may be given {} to {} seconds on this server.",
                seconds.start(),
                seconds.end()
            ),
        ));
    }
    Ok(CallLimits {
        bytes: change.max_call_bytes.unwrap_or(before.max_call_bytes),
        seconds: change
            .call_timeout_seconds
            .unwrap_or(before.call_timeout_seconds),
    })
}

/// Deletes a workspace: its endpoints refuse calls at once.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn delete(app: &App, who: &Who, present: &Stored) -> Result<(), Error> {
    let now = app.clock.now();
    let id = present.workspace.id.as_str();
    let mut tx = app.store.begin().await?;
    workspaces::delete(tx.conn(), &present.workspace.id, present.row_version, now).await?;
    let entry = Entry {
        who,
        action: "workspace.delete",
        object_kind: "workspace",
        object_id: id,
        workspace: Some(id),
        before: Some(json!({"name": present.workspace.name})),
        after: None,
    };
    audit::insert(tx.conn(), now, &entry).await?;
    tx.commit().await?;
    app.refresh().await
}
