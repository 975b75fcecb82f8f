//! What portal and backend share: the wire types of the REST API, newtypes that hold their own
//! rules (parse, don't validate), problem codes, routes, and the check of a row against a schema.
//!
//! Knows nothing of browsers, servers, runtimes or databases.

pub mod cell;
pub mod customer;
pub mod difference;
pub mod draft;
pub mod endpoint;
pub mod id;
pub mod key;
pub mod name;
pub mod page;
pub mod problem;
pub mod rollout;
pub mod routes;
pub mod schema;
pub mod score;
pub mod service;
pub mod session;
pub mod throttle;
pub mod time;
pub mod update;
pub mod usage;
pub mod workspace;
