//! Every route of the REST API: method, path and name. The server's router, its access table, the
//! OpenAPI document and the portal's client all take them from here.

/// An HTTP method of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Read.
    Get,
    /// Create or act.
    Post,
    /// Change.
    Patch,
    /// Delete.
    Delete,
}

impl Method {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Route {
    /// Its name: the operation id in the OpenAPI document.
    pub name: &'static str,
    /// The method.
    pub method: Method,
    /// The path, with parameters in braces.
    pub path: &'static str,
}

impl Route {
    /// The path with its parameters filled in, in order. Ids, names and numbers need no escaping; anything
    /// else goes through [`segment`] first.
    pub fn at(&self, values: &[&str]) -> String {
        let mut values = values.iter();
        let mut out = String::with_capacity(self.path.len() + 64);
        let mut rest = self.path;
        while let Some((before, tail)) = rest.split_once('{') {
            out.push_str(before);
            out.push_str(values.next().copied().unwrap_or_default());
            rest = tail.split_once('}').map_or("", |(_, after)| after);
        }
        out.push_str(rest);
        out
    }
}

/// Text as one segment of a path: what is not a letter, a digit or one of `-._~` percent-encoded.
pub fn segment(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// Where the OpenAPI document of the REST API is served.
pub const OPENAPI: &str = "/api/v1/openapi.json";
/// What all routes begin with.
pub const PREFIX: &str = "/api/v1";

macro_rules! routes {
    ($($(#[$doc:meta])* $name:ident: $method:ident $path:literal as $id:literal;)*) => {
        $($(#[$doc])* pub const $name: Route = Route { name: $id, method: Method::$method, path: $path };)*
        /// All routes.
        pub const ALL: &[Route] = &[$($name),*];
    };
}

routes! {
    /// Makes the first administrator.
    SET_UP: Post "/api/v1/setup" as "set_up";
    /// Signs in.
    SIGN_IN: Post "/api/v1/session" as "sign_in";
    /// Signs out.
    SIGN_OUT: Delete "/api/v1/session" as "sign_out";
    /// Gives the password again before a sensitive act.
    STEP_UP: Post "/api/v1/session/step-up" as "step_up";
    /// Reports a key that was found where it should not be.
    REPORT_LEAKED_KEY: Post "/api/v1/leaked-keys" as "report_leaked_key";
    /// Who is signed in.
    ME: Get "/api/v1/me" as "me";
    /// Endpoints granted to the organisations of the signed-in person, over all workspaces.
    MY_ENDPOINTS: Get "/api/v1/me/endpoints" as "my_endpoints";
    /// Lists workspaces.
    WORKSPACES: Get "/api/v1/workspaces" as "list_workspaces";
    /// Makes a workspace.
    CREATE_WORKSPACE: Post "/api/v1/workspaces" as "create_workspace";
    /// One workspace.
    WORKSPACE: Get "/api/v1/workspaces/{ws}" as "get_workspace";
    /// Changes a workspace.
    UPDATE_WORKSPACE: Patch "/api/v1/workspaces/{ws}" as "update_workspace";
    /// Deletes a workspace.
    DELETE_WORKSPACE: Delete "/api/v1/workspaces/{ws}" as "delete_workspace";
    /// Lists the tokens of a workspace.
    TOKENS: Get "/api/v1/workspaces/{ws}/tokens" as "list_tokens";
    /// Shows a token.
    REVEAL_TOKEN: Post "/api/v1/workspaces/{ws}/tokens/{slot}/reveal" as "reveal_token";
    /// Rotates a token.
    ROTATE_TOKEN: Post "/api/v1/workspaces/{ws}/tokens/{slot}/rotate" as "rotate_token";
    /// Ends the grace of the slot's old token now.
    END_TOKEN_GRACE: Post "/api/v1/workspaces/{ws}/tokens/{slot}/end-grace" as "end_token_grace";
    /// Lists customers.
    CUSTOMERS: Get "/api/v1/workspaces/{ws}/customers" as "list_customers";
    /// Adds a customer.
    CREATE_CUSTOMER: Post "/api/v1/workspaces/{ws}/customers" as "create_customer";
    /// Lists services.
    SERVICES: Get "/api/v1/workspaces/{ws}/services" as "list_services";
    /// One service.
    SERVICE: Get "/api/v1/workspaces/{ws}/services/{svc}" as "get_service";
    /// Changes a service.
    UPDATE_SERVICE: Patch "/api/v1/workspaces/{ws}/services/{svc}" as "update_service";
    /// Deletes a service.
    DELETE_SERVICE: Delete "/api/v1/workspaces/{ws}/services/{svc}" as "delete_service";
    /// Uploads an ONNX file or a package that is to become a version.
    CREATE_DRAFT: Post "/api/v1/workspaces/{ws}/drafts" as "create_draft";
    /// Lists drafts, newest first.
    DRAFTS: Get "/api/v1/workspaces/{ws}/drafts" as "list_drafts";
    /// One draft.
    DRAFT: Get "/api/v1/workspaces/{ws}/drafts/{draft}" as "get_draft";
    /// Changes what a draft says of itself.
    UPDATE_DRAFT: Patch "/api/v1/workspaces/{ws}/drafts/{draft}" as "update_draft";
    /// Throws a draft away; one that is being vetted stops.
    DELETE_DRAFT: Delete "/api/v1/workspaces/{ws}/drafts/{draft}" as "delete_draft";
    /// Scores the sample rows of a draft.
    PREVIEW_DRAFT: Post "/api/v1/workspaces/{ws}/drafts/{draft}/preview" as "preview_draft";
    /// Makes a draft the next version of its service, or the first of a new one.
    PUBLISH_DRAFT: Post "/api/v1/workspaces/{ws}/drafts/{draft}/publish" as "publish_draft";
    /// Scores a version's sample rows again, on the engine that runs now.
    CHECK_VERSION: Post "/api/v1/workspaces/{ws}/services/{svc}/versions/{n}/check" as "check_version";
    /// Lists versions, newest first.
    VERSIONS: Get "/api/v1/workspaces/{ws}/services/{svc}/versions" as "list_versions";
    /// One version.
    VERSION: Get "/api/v1/workspaces/{ws}/services/{svc}/versions/{n}" as "get_version";
    /// Lists endpoints: `default` first, then by name.
    ENDPOINTS: Get "/api/v1/workspaces/{ws}/services/{svc}/endpoints" as "list_endpoints";
    /// Makes an endpoint.
    CREATE_ENDPOINT: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints" as "create_endpoint";
    /// One endpoint.
    ENDPOINT: Get "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}" as "get_endpoint";
    /// Changes an endpoint.
    UPDATE_ENDPOINT: Patch "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}" as "update_endpoint";
    /// Deletes an endpoint; it can be restored for seven days.
    DELETE_ENDPOINT: Delete "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}" as "delete_endpoint";
    /// Brings a deleted endpoint back.
    RESTORE_ENDPOINT: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/restore" as "restore_endpoint";
    /// Whether a name is free.
    AVAILABILITY: Get "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/availability" as "endpoint_name_availability";
    /// Gives an endpoint its own model for a resource. The resource stands percent-encoded in the path.
    CUSTOMISE: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/models/{resource}" as "customise_endpoint";
    /// Takes an endpoint's own model for a resource away; the version's runs in its place.
    UNCUSTOMISE: Delete "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/models/{resource}" as "uncustomise_endpoint";
    /// What an update of an endpoint would do.
    UPDATE_PLAN: Get "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/update-plan" as "plan_update";
    /// Moves an endpoint to a version.
    UPDATE_VERSION_OF: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/update" as "update_endpoint_version";
    /// Lists the revisions of an endpoint, newest first.
    REVISIONS: Get "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/revisions" as "list_revisions";
    /// Brings a revision of an endpoint back, as a new one.
    ROLL_BACK: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/revisions/{n}/restore" as "restore_revision";
    /// Lists which endpoint runs which models: `default` first, then by name.
    LEDGER: Get "/api/v1/workspaces/{ws}/services/{svc}/ledger" as "service_ledger";
    /// What a run over many endpoints would do.
    PLAN_RUN: Post "/api/v1/workspaces/{ws}/services/{svc}/runs/plan" as "plan_run";
    /// Starts a run over many endpoints.
    START_RUN: Post "/api/v1/workspaces/{ws}/services/{svc}/runs" as "start_run";
    /// Lists runs, newest first.
    RUNS: Get "/api/v1/workspaces/{ws}/services/{svc}/runs" as "list_runs";
    /// One run.
    RUN: Get "/api/v1/workspaces/{ws}/services/{svc}/runs/{run}" as "get_run";
    /// Lists what a run did to each endpoint, by name.
    RUN_LINES: Get "/api/v1/workspaces/{ws}/services/{svc}/runs/{run}/lines" as "list_run_lines";
    /// Breaks a run off; what it did stays done.
    CANCEL_RUN: Post "/api/v1/workspaces/{ws}/services/{svc}/runs/{run}/cancel" as "cancel_run";
    /// Lists keys.
    KEYS: Get "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/keys" as "list_keys";
    /// Changes a key's expiry, or switches it off or on.
    UPDATE_KEY: Patch "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/keys/{slot}" as "update_key";
    /// Shows a key.
    REVEAL_KEY: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/keys/{slot}/reveal" as "reveal_key";
    /// Rotates a key.
    ROTATE_KEY: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/keys/{slot}/rotate" as "rotate_key";
    /// Ends the grace of the slot's old key now.
    END_GRACE: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/keys/{slot}/end-grace" as "end_grace";
    /// Gives the old key a longer grace.
    EXTEND_GRACE: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/keys/{slot}/extend-grace" as "extend_grace";
    /// Scores rows, signed in.
    SCORE: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/score" as "score";
    /// Usage over time.
    USAGE: Get "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/usage" as "endpoint_usage";
    /// Lets quarantined models of the endpoint run again.
    RELEASE: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/release" as "release_models";
    /// Changes what customers hear of a version.
    UPDATE_VERSION: Patch "/api/v1/workspaces/{ws}/services/{svc}/versions/{n}" as "update_version";
    /// Makes many endpoints at once. No endpoint has a name with a dash, so the path is none's.
    CREATE_MANY: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/create-many" as "create_many_endpoints";
    /// The endpoint's staged rollout.
    ROLLOUT: Get "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/rollout" as "get_rollout";
    /// Starts a staged rollout.
    START_ROLLOUT: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/rollout" as "start_rollout";
    /// Changes the share of a staged rollout.
    UPDATE_ROLLOUT: Patch "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/rollout" as "update_rollout";
    /// Ends a staged rollout: all calls go to the version in force again.
    END_ROLLOUT: Delete "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/rollout" as "end_rollout";
    /// Updates the endpoint to the version that was tried.
    PROMOTE: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/rollout/promote" as "promote_rollout";
    /// What the endpoint's customer hears of a newer version.
    NOTICE: Get "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/notice" as "endpoint_notice";
    /// Keeps an endpoint on its version until a date.
    STAY: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/stay" as "stay_on_version";
    /// Scores rows by the version in force and by a newer one, side by side.
    REPLAY: Post "/api/v1/workspaces/{ws}/services/{svc}/endpoints/{name}/replay" as "replay_examples";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::check_endpoint_name;

    #[test]
    fn parameters_are_filled_in_order() {
        assert_eq!(
            ROTATE_KEY.at(&["w", "s", "acme", "primary"]),
            "/api/v1/workspaces/w/services/s/endpoints/acme/keys/primary/rotate"
        );
        assert_eq!(ME.at(&[]), "/api/v1/me");
    }

    #[test]
    fn any_text_is_one_segment() {
        assert_eq!(segment("a-1._~"), "a-1._~");
        assert_eq!(segment("Größe [a/b]"), "Gr%C3%B6%C3%9Fe%20%5Ba%2Fb%5D");
    }

    #[test]
    fn names_and_places_are_unique() {
        for (index, route) in ALL.iter().enumerate() {
            for other in &ALL[index + 1..] {
                assert_ne!(route.name, other.name);
                assert!(
                    (route.method, route.path) != (other.method, other.path),
                    "{}",
                    route.path
                );
            }
        }
    }

    #[test]
    fn no_word_of_a_path_stands_where_an_endpoints_name_could() {
        let parts = |route: &Route| route.path.split('/').collect::<Vec<_>>();
        let could_be = |part: &str, word: &str| part.starts_with('{') || part == word;
        for route in ALL {
            let words = parts(route);
            for named in ALL {
                let others = parts(named);
                if words.len() != others.len() {
                    continue;
                }
                // Paths that the same request could mean, wherever else they differ.
                let meet =
                    |(word, other): (&&str, &&str)| could_be(other, word) || could_be(word, other);
                if !words.iter().zip(&others).all(meet) {
                    continue;
                }
                for (word, other) in words.iter().zip(&others) {
                    let shadows = *other == "{name}" && !word.starts_with('{');
                    assert!(
                        !shadows || check_endpoint_name(word).is_err(),
                        "{} shadows the endpoint “{word}”",
                        route.path
                    );
                }
            }
        }
    }
}
