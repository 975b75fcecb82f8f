//! What an answer says of the endpoint's limit: the `RateLimit` and `RateLimit-Policy` fields of the
//! IETF's draft, with its unit `concurrent-requests`.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use portico_domain::throttle::Gate;

/// The endpoint's limit, and how much of it is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    limit: u32,
    free: u32,
}

impl Quota {
    /// The limit that refused a call.
    pub(super) fn reached(limit: u32) -> Self {
        Self { limit, free: 0 }
    }

    /// What will be free once the answer of a running call has gone.
    pub(super) fn after(gate: &Gate) -> Self {
        let limit = gate.limit();
        Self {
            limit,
            free: (gate.free() + 1).min(limit),
        }
    }
}

/// Writes the two fields.
pub(super) fn set(headers: &mut HeaderMap, quota: Quota) {
    let Quota { limit, free } = quota;
    let policy = format!("\"endpoint\";q={limit};qu=\"concurrent-requests\"");
    let wait = if free == 0 { ";t=1" } else { "" };
    for (name, text) in [
        ("ratelimit-policy", policy),
        ("ratelimit", format!("\"endpoint\";r={free}{wait}")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_the_draft_has_them() {
        let mut headers = HeaderMap::new();
        set(&mut headers, Quota::reached(20));
        assert_eq!(
            headers["ratelimit-policy"],
            "\"endpoint\";q=20;qu=\"concurrent-requests\""
        );
        assert_eq!(headers["ratelimit"], "\"endpoint\";r=0;t=1");
        set(&mut headers, Quota { limit: 20, free: 3 });
        assert_eq!(headers["ratelimit"], "\"endpoint\";r=3");
    }
}
