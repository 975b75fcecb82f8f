//! Every operation of the REST API: one entry a route, in the files of `operations/` by what the route is below.

mod endpoints;
mod services;
mod workspaces;

use portico_api::routes::Route;

/// What stands for the body of an operation that takes a file.
pub(super) const FILE: &str = "a file";

/// What an operation answers when all goes well.
pub(super) enum Answer {
    Nothing,
    One(&'static str),
    Page(&'static str),
}

pub(super) struct Operation {
    pub(super) route: &'static Route,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) body: Option<&'static str>,
    pub(super) answer: Answer,
    /// The statuses of success; more than one where a repeat is told from a first time.
    pub(super) success: &'static [u16],
    /// Whether the answer carries an ETag, and whether the request needs one.
    pub(super) tags: (bool, bool),
}

const NOT_TAGGED: (bool, bool) = (false, false);
const TAGGED: (bool, bool) = (true, false);
const CHANGES: (bool, bool) = (true, true);

const fn op(
    route: &'static Route,
    tag: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    answer: Answer,
    success: &'static [u16],
    tags: (bool, bool),
) -> Operation {
    Operation {
        route,
        tag,
        summary,
        body,
        answer,
        success,
        tags,
    }
}

pub(super) fn operations() -> Vec<Operation> {
    let mut all = workspaces::operations();
    all.extend(services::operations());
    all.extend(endpoints::operations());
    all
}
