//! People: accounts, memberships, one-time links.

use crate::clock::Micros;
use crate::error::Error;
use portico_api::id::{CustomerId, PersonId, WorkspaceId};
use portico_api::session::{Membership, Role};
use sqlx::{Row, SqliteConnection, SqlitePool};

/// An account as sign-in needs it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: PersonId,
    /// The e-mail address, in lower case.
    pub email: String,
    /// The name.
    pub name: String,
    /// The Argon2id hash; absent if the account has no password.
    pub password_hash: Option<String>,
    /// Whether it administers the installation.
    pub administrator: bool,
    /// Failed sign-ins in a row.
    pub failures: i64,
    /// Until when sign-in is refused.
    pub locked_until: Option<Micros>,
    /// Since when it is disabled.
    pub disabled_at: Option<Micros>,
}

/// A new account.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// Its id.
    pub id: &'a PersonId,
    /// The e-mail address, in lower case.
    pub email: &'a str,
    /// The name.
    pub name: &'a str,
    /// The Argon2id hash.
    pub password_hash: Option<&'a str>,
    /// Whether it administers the installation.
    pub administrator: bool,
}

const COLUMNS: &str =
    "id, email, name, password_hash, administrator, failures, locked_until, disabled_at";

fn account(row: &sqlx::sqlite::SqliteRow) -> Result<Account, Error> {
    Ok(Account {
        id: super::id(row, "id", PersonId::parse)?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        password_hash: row.try_get("password_hash")?,
        administrator: row.try_get("administrator")?,
        failures: row.try_get("failures")?,
        locked_until: row.try_get("locked_until")?,
        disabled_at: row.try_get("disabled_at")?,
    })
}

/// The account with this e-mail address.
///
/// # Errors
/// If the database does not answer.
pub async fn by_email(pool: &SqlitePool, email: &str) -> Result<Option<Account>, Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM person WHERE email = $1"));
    let row = sqlx::query(sql).bind(email).fetch_optional(pool).await?;
    row.as_ref().map(account).transpose()
}

/// The account with this id.
///
/// # Errors
/// If the database does not answer.
pub async fn by_id(pool: &SqlitePool, id: &PersonId) -> Result<Option<Account>, Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM person WHERE id = $1"));
    let row = sqlx::query(sql)
        .bind(id.as_str())
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(account).transpose()
}

/// Whether there is any account.
///
/// # Errors
/// If the database does not answer.
pub async fn any(conn: &mut SqliteConnection) -> Result<bool, Error> {
    let found: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM person)")
        .fetch_one(conn)
        .await?;
    Ok(found)
}

/// Adds an account.
///
/// # Errors
/// If the e-mail address is taken, or the database does not take it.
pub async fn insert(
    conn: &mut SqliteConnection,
    new: &NewAccount<'_>,
    now: Micros,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO person (id, email, name, password_hash, administrator, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.id.as_str())
    .bind(new.email)
    .bind(new.name)
    .bind(new.password_hash)
    .bind(new.administrator)
    .bind(now)
    .execute(conn)
    .await
    .map_err(|error| {
        if super::is_unique_violation(&error) {
            Error::Conflict(format!("There is an account for {} already.", new.email))
        } else {
            error.into()
        }
    })?;
    Ok(())
}

/// How often sign-in has failed in a row.
///
/// # Errors
/// If the database does not answer.
pub async fn failures(conn: &mut SqliteConnection, id: &PersonId) -> Result<i64, Error> {
    let failures = sqlx::query_scalar("SELECT failures FROM person WHERE id = $1")
        .bind(id.as_str())
        .fetch_one(conn)
        .await?;
    Ok(failures)
}

/// Counts a failed sign-in, or forgets them after a good one.
///
/// # Errors
/// If the database does not take it.
pub async fn set_failures(
    conn: &mut SqliteConnection,
    id: &PersonId,
    failures: i64,
    locked_until: Option<Micros>,
) -> Result<(), Error> {
    sqlx::query("UPDATE person SET failures = $2, locked_until = $3 WHERE id = $1")
        .bind(id.as_str())
        .bind(failures)
        .bind(locked_until)
        .execute(conn)
        .await?;
    Ok(())
}

/// The places of a person in workspaces that are not deleted.
///
/// # Errors
/// If the database does not answer.
pub async fn memberships(pool: &SqlitePool, person: &PersonId) -> Result<Vec<Membership>, Error> {
    let rows = sqlx::query(
        "SELECT w.id AS workspace, w.name AS workspace_name, m.role AS role, NULL AS customer, NULL AS customer_name
           FROM member m JOIN workspace w ON w.id = m.workspace_id
          WHERE m.person_id = $1 AND w.deleted_at IS NULL
         UNION ALL
         SELECT w.id, w.name, 'customer', c.id, c.name
           FROM customer_person p JOIN customer c ON c.id = p.customer_id JOIN workspace w ON w.id = c.workspace_id
          WHERE p.person_id = $1 AND w.deleted_at IS NULL
          ORDER BY 2, 1",
    )
    .bind(person.as_str())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let role: String = row.try_get("role")?;
            let customer: Option<String> = row.try_get("customer")?;
            Ok(Membership {
                workspace_id: super::id(row, "workspace", WorkspaceId::parse)?,
                workspace_name: row.try_get("workspace_name")?,
                role: match role.as_str() {
                    "owner" => Role::Owner,
                    "publisher" => Role::Publisher,
                    _ => Role::Customer,
                },
                customer_id: customer.and_then(|id| CustomerId::parse(&id).ok()),
                customer_name: row.try_get("customer_name")?,
            })
        })
        .collect()
}

/// Makes a person an owner or a publisher of a workspace.
///
/// # Errors
/// If the database does not take it.
pub async fn add_member(
    conn: &mut SqliteConnection,
    workspace: &WorkspaceId,
    person: &PersonId,
    role: Role,
) -> Result<(), Error> {
    let role = match role {
        Role::Owner => "owner",
        Role::Publisher => "publisher",
        Role::Customer => {
            return Err(Error::Internal(
                "a customer's people belong to its organisation".to_owned(),
            ));
        }
    };
    sqlx::query("INSERT INTO member (workspace_id, person_id, role) VALUES ($1, $2, $3)")
        .bind(workspace.as_str())
        .bind(person.as_str())
        .bind(role)
        .execute(conn)
        .await?;
    Ok(())
}

/// The kinds of one-time links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Makes the first administrator.
    SetUp,
    /// Signs a person in.
    SignIn,
}

impl LinkKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::SignIn => "sign_in",
        }
    }
}

/// Stores a one-time link by its token's hash.
///
/// # Errors
/// If the database does not take it.
pub async fn insert_link(
    conn: &mut SqliteConnection,
    token_hash: &[u8; 32],
    kind: LinkKind,
    person: Option<&PersonId>,
    expires_at: Micros,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO link (token_hash, kind, person_id, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(token_hash.as_slice())
    .bind(kind.as_str())
    .bind(person.map(PersonId::as_str))
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Spends a link: it must be of this kind, unused and not expired. Answers whom it is for.
///
/// # Errors
/// [`Error::LinkSpent`] otherwise.
pub async fn spend_link(
    conn: &mut SqliteConnection,
    token_hash: &[u8; 32],
    kind: LinkKind,
    now: Micros,
) -> Result<Option<PersonId>, Error> {
    let row = sqlx::query(
        "UPDATE link SET used_at = $3 WHERE token_hash = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3
         RETURNING person_id",
    )
    .bind(token_hash.as_slice())
    .bind(kind.as_str())
    .bind(now)
    .fetch_optional(conn)
    .await?;
    let person: Option<String> = row.ok_or(Error::LinkSpent)?.try_get("person_id")?;
    Ok(person.and_then(|id| PersonId::parse(&id).ok()))
}
