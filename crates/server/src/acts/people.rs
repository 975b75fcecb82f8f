//! Adding people: an account, and its place in the installation.

use super::title;
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::error::Error;
use crate::store::people::{self, NewAccount};
use crate::store::{audit, customers};
use portico_api::id::{CustomerId, PersonId, WorkspaceId};
use portico_api::session::{Role, is_email};
use serde_json::json;
use zeroize::Zeroizing;

/// A person's place.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Administers the installation.
    Administrator,
    /// Owner or publisher of a workspace.
    Member(WorkspaceId, Role),
    /// One of a customer's people.
    Customer(CustomerId),
}

/// Who is added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The place.
    pub standing: Standing,
}

/// Adds a person with a random password, which is answered once.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::Conflict`] if the address has an account, a database error if
/// workspace or customer don't exist.
pub async fn add(
    app: &App,
    who: &Who,
    new: &NewPerson,
) -> Result<(PersonId, Zeroizing<String>), Error> {
    let email = new.email.trim().to_lowercase();
    if !is_email(&email) {
        return Err(Error::field(
            "/email",
            "email",
            "This is not an e-mail address.",
        ));
    }
    let name = title(&new.name)?;
    let password = Zeroizing::new(hex::encode(app.entropy.bytes::<12>()?));
    let hash = app
        .passwords
        .hash(password.as_str().into(), app.entropy.bytes()?)
        .await?;
    let id = PersonId::from_bytes(app.entropy.bytes()?);
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let account = NewAccount {
        id: &id,
        email: &email,
        name: &name,
        password_hash: Some(&hash),
        administrator: matches!(new.standing, Standing::Administrator),
    };
    people::insert(tx.conn(), &account, now).await?;
    let (workspace, place) = match &new.standing {
        Standing::Administrator => (None, json!("administrator")),
        Standing::Member(workspace, role) => {
            people::add_member(tx.conn(), workspace, &id, *role).await?;
            (Some(workspace.as_str()), json!(role))
        }
        Standing::Customer(customer) => {
            customers::add_person(tx.conn(), customer, &id).await?;
            (None, json!({"customer": customer}))
        }
    };
    let entry = Entry {
        who,
        action: "person.add",
        object_kind: "person",
        object_id: id.as_str(),
        workspace,
        before: None,
        after: Some(json!({"email": email, "name": name, "place": place})),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    tx.commit().await?;
    Ok((id, password))
}
