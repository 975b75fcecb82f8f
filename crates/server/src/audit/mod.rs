//! Who did what to what, when and from where. The row is written in the transaction of the change;
//! `before` and `after` hold what changed and never a secret.

use portico_api::id::PersonId;

/// Who acts, and in which request.
#[derive(Clone, Debug)]
pub struct Who {
    actor: Actor,
    request_id: String,
    address: String,
}

/// The kinds of actors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    Person(PersonId),
    /// A workspace token, by its key id.
    Token(String),
    /// An endpoint's key, by its key id: on classic's management wire.
    Key(String),
    /// Somebody without a name yet: setting up, signing in.
    Anonymous,
    /// The server, or a command on its machine.
    System,
}

impl Who {
    /// An actor in a request from an address.
    pub fn new(actor: Actor, request_id: &str, address: &str) -> Self {
        Self {
            actor,
            request_id: request_id.to_owned(),
            address: address.to_owned(),
        }
    }

    /// The server itself, or a command on its machine.
    pub fn system() -> Self {
        Self::new(Actor::System, "", "")
    }

    /// Whoever [`Who::label`] names, in the request that brought it: for work that is done after the request.
    pub fn of_label(label: &str, request_id: &str, address: &str) -> Self {
        let (kind, id) = label.split_once(':').unwrap_or((label, ""));
        let actor = match kind {
            "person" => PersonId::parse(id).map_or(Actor::Anonymous, Actor::Person),
            "token" => Actor::Token(id.to_owned()),
            "key" => Actor::Key(id.to_owned()),
            "system" => Actor::System,
            _ => Actor::Anonymous,
        };
        Self::new(actor, request_id, address)
    }

    /// The actor's kind, as stored.
    pub fn kind(&self) -> &'static str {
        match self.actor {
            Actor::Person(_) => "person",
            Actor::Token(_) => "token",
            Actor::Key(_) => "key",
            Actor::Anonymous => "anonymous",
            Actor::System => "system",
        }
    }

    /// The actor's id; empty for those without one.
    pub fn id(&self) -> &str {
        match &self.actor {
            Actor::Person(id) => id.as_str(),
            Actor::Token(id) | Actor::Key(id) => id,
            Actor::Anonymous | Actor::System => "",
        }
    }

    /// Kind and id together, as revisions and idempotency records hold it.
    pub fn label(&self) -> String {
        format!("{}:{}", self.kind(), self.id())
    }

    /// The request's id.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The address that the request came from.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// One row of the trail.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Who.
    pub who: &'a Who,
    /// What was done, such as `endpoint.create`.
    pub action: &'static str,
    /// To what kind of object.
    pub object_kind: &'static str,
    /// To which object.
    pub object_id: &'a str,
    /// In which workspace.
    pub workspace: Option<&'a str>,
    /// What it was before; only what changed.
    pub before: Option<serde_json::Value>,
    /// What it is now; only what changed.
    pub after: Option<serde_json::Value>,
}
