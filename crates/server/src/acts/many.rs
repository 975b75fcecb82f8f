//! Making many endpoints at once from a list. Each row stands for itself: a bad one is named and holds nobody
//! back, one whose endpoint is there already as the row says is left alone, so that the same list again makes
//! nothing twice.

use super::endpoints::{Home, insert};
use crate::app::App;
use crate::audit::Who;
use crate::error::Error;
use crate::store::customers;
use crate::store::endpoints::{self, Stored};
use portico_api::id::{CustomerId, EndpointId};
use portico_api::name::{Availability, EndpointName, check_description};
use portico_api::throttle::{Throttle, ThrottleLevel};
use portico_api::update::{CreateMany, CreatedMany, ManyError, ManyLine, ManyRow, ManyState};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// The most rows of a list.
pub const ROWS_MAX: usize = 1_000;
/// Rows that are written in one transaction: few enough that others who write wait for a moment only.
const AT_ONCE: usize = 100;

/// A row that breaks no rule by itself.
#[derive(Debug)]
struct Wanted<'a> {
    name: EndpointName,
    description: &'a str,
    throttle: Throttle,
    customer: Option<(CustomerId, &'a str)>,
}

/// What became of a row: its state, and why it can't be made.
type Judged = (ManyState, Vec<ManyError>);

/// Makes the endpoints of a list, in force when this returns, each with both its keys; or only says what
/// would be made.
///
/// # Errors
/// [`Error::Invalid`] for a list that is empty or too long. What is wrong with a row is said in its line. If
/// the database fails on the way, what was made before stays, and the same list again makes the rest.
pub async fn create(
    app: &App,
    who: &Who,
    home: Home<'_>,
    request: &CreateMany,
) -> Result<CreatedMany, Error> {
    if request.rows.is_empty() {
        return Err(Error::field(
            "/rows",
            "rows_empty",
            "List at least one endpoint.",
        ));
    }
    if request.rows.len() > ROWS_MAX {
        return Err(Error::field(
            "/rows",
            "rows_too_many",
            format!("A list has at most {ROWS_MAX} endpoints."),
        ));
    }
    let names = request.rows.iter().map(|row| row.customer.trim());
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    let customers = customers::by_name(app.store.read(), home.workspace, &names).await?;
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut lines = Vec::with_capacity(request.rows.len());
    let mut wanted = Vec::new();
    for (at, row) in request.rows.iter().enumerate() {
        let before = *first.entry(&row.name).or_insert(at);
        let judged = match read(row, home.calls_cap, &customers) {
            Ok(_) if before < at => Err(vec![error(
                "name",
                "name_twice",
                format!("Row {} has this name already.", before + 1),
            )]),
            read => read,
        };
        lines.push(ManyLine {
            row: u32::try_from(at + 1).unwrap_or(u32::MAX),
            state: ManyState::Error,
            errors: Vec::new(),
        });
        match judged {
            Ok(row) => wanted.push((at, row)),
            Err(errors) => lines[at].errors = errors,
        }
    }
    let done = if request.dry_run {
        look(app, home, &wanted, &mut lines).await
    } else {
        let done = make(app, who, home, &wanted, &mut lines).await;
        // Even where the rest failed, what was made is there to be called.
        app.refresh().await?;
        done
    };
    done.map(|()| CreatedMany { lines })
}

async fn look(
    app: &App,
    home: Home<'_>,
    wanted: &[(usize, Wanted<'_>)],
    lines: &mut [ManyLine],
) -> Result<(), Error> {
    let now = app.clock.now();
    let mut conn = app.store.read().acquire().await?;
    for part in wanted.chunks(AT_ONCE) {
        let there = there(&mut conn, home, part).await?;
        for (at, row) in part {
            let judged = judge(&mut conn, home, row, there.get(&row.name), now).await?;
            (lines[*at].state, lines[*at].errors) = judged;
        }
    }
    Ok(())
}

async fn make(
    app: &App,
    who: &Who,
    home: Home<'_>,
    wanted: &[(usize, Wanted<'_>)],
    lines: &mut [ManyLine],
) -> Result<(), Error> {
    for part in wanted.chunks(AT_ONCE) {
        let now = app.clock.now();
        let mut tx = app.store.begin().await?;
        let there = there(tx.conn(), home, part).await?;
        let mut made = false;
        for (at, row) in part {
            let there = there.get(&row.name);
            let (mut state, errors) = judge(tx.conn(), home, row, there, now).await?;
            if state == ManyState::New {
                insert(app, &mut tx, who, &new(app, home, row, now)?).await?;
                (state, made) = (ManyState::Created, true);
            }
            (lines[*at].state, lines[*at].errors) = (state, errors);
        }
        if made {
            tx.commit().await?;
        }
    }
    Ok(())
}

/// The living endpoints of these names.
async fn there(
    conn: &mut SqliteConnection,
    home: Home<'_>,
    part: &[(usize, Wanted<'_>)],
) -> Result<HashMap<EndpointName, Stored>, Error> {
    let names: Vec<&str> = part.iter().map(|(_, row)| row.name.as_str()).collect();
    let found = endpoints::named(conn, &home.service.service.id, &names).await?;
    Ok(found
        .into_iter()
        .map(|endpoint| (endpoint.name.clone(), endpoint))
        .collect())
}

fn error(field: &str, code: &str, detail: impl Into<String>) -> ManyError {
    ManyError {
        field: field.to_owned(),
        code: code.to_owned(),
        detail: detail.into(),
    }
}

/// Reads a row by the rules of its fields; each that is broken is named.
fn read<'a>(
    row: &'a ManyRow,
    cap: u32,
    customers: &HashMap<String, CustomerId>,
) -> Result<Wanted<'a>, Vec<ManyError>> {
    let mut errors = Vec::new();
    let name = match EndpointName::parse(&row.name) {
        Ok(name) if name.as_str() == EndpointName::DEFAULT => Err(error(
            "name",
            "name_default",
            "Every service has an endpoint “default” by itself. Choose another name.",
        )),
        name => name.map_err(|problem| error("name", problem.code(), problem.to_string())),
    };
    if let Err(problem) = check_description(&row.description) {
        errors.push(error("description", problem.code(), problem.to_string()));
    }
    let throttle = Throttle::read(&row.throttle, cap)
        .map_err(|problem| error("throttle", problem.code(), problem.to_string()));
    let customer = match row.customer.trim() {
        "" => Ok(None),
        name => match customers.get(name) {
            Some(id) => Ok(Some((id.clone(), name))),
            None => Err(error(
                "customer",
                "customer_unknown",
                format!("This workspace has no customer “{name}”."),
            )),
        },
    };
    match (name, throttle, customer) {
        (Ok(name), Ok(throttle), Ok(customer)) if errors.is_empty() => Ok(Wanted {
            name,
            description: &row.description,
            throttle,
            customer,
        }),
        (name, throttle, customer) => {
            let mut all: Vec<ManyError> = name.err().into_iter().collect();
            all.append(&mut errors);
            all.extend(throttle.err());
            all.extend(customer.err());
            Err(all)
        }
    }
}

/// Whether a row can be made, is there, or is in the way of something.
async fn judge(
    conn: &mut SqliteConnection,
    home: Home<'_>,
    row: &Wanted<'_>,
    there: Option<&Stored>,
    now: i64,
) -> Result<Judged, Error> {
    if let Some(there) = there {
        let errors = differences(row, there);
        let state = if errors.is_empty() {
            ManyState::Exists
        } else {
            ManyState::Error
        };
        return Ok((state, errors));
    }
    let service = &home.service.service.id;
    match endpoints::availability(conn, service, &row.name, now).await? {
        Availability::Free => Ok((ManyState::New, Vec::new())),
        taken => {
            let taken = Error::NameTaken {
                name: row.name.to_string(),
                reserved: taken == Availability::Reserved,
            };
            let errors = vec![error("name", "name_taken", taken.to_string())];
            Ok((ManyState::Error, errors))
        }
    }
}

/// In what an endpoint that is there is other than a row says.
fn differences(row: &Wanted<'_>, there: &Stored) -> Vec<ManyError> {
    let mut errors = Vec::new();
    let mut differs = |field, how: String| {
        let detail = format!("An endpoint of this name is there, {how}.");
        errors.push(error(field, "exists_otherwise", detail));
    };
    if there.description != row.description {
        differs("description", "with another description".to_owned());
    }
    let limit = |throttle: Throttle| (throttle.level, throttle.max_concurrent_calls);
    if limit(there.throttle) != limit(row.throttle) {
        let calls = there.throttle.max_concurrent_calls;
        let level = match there.throttle.level {
            ThrottleLevel::Low => "Low",
            ThrottleLevel::High => "High",
        };
        let how = format!("at level {level} with {calls} calls at once");
        differs("throttle", how);
    }
    if there.customer_id.as_ref() != row.customer.as_ref().map(|(id, _)| id) {
        let how = match &there.customer_name {
            Some(name) => format!("granted to “{name}”"),
            None => "granted to nobody".to_owned(),
        };
        differs("customer", how);
    }
    errors
}

fn new(app: &App, home: Home<'_>, row: &Wanted<'_>, now: i64) -> Result<Stored, Error> {
    let service = &home.service.service;
    let id = EndpointId::from_bytes(app.entropy.bytes()?);
    let (place, name) = ((home.workspace, &service.id), row.name.clone());
    let version = service.newest_version;
    Ok(Stored {
        service_name: service.name.clone(),
        description: row.description.to_owned(),
        customer_id: row.customer.as_ref().map(|(id, _)| id.clone()),
        ..Stored::new(id, place, name, version, row.throttle, now)
    })
}
