//! How an answer tells its caller about the endpoint's limit, on every wire: the fields `RateLimit` and
//! `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) with the unit `concurrent-requests`,
//! `Retry-After`, and the two problem types of that draft. Nothing else in the server writes them.
//!
//! A wire makes a [`RateLimit`] once it knows which endpoint is called and by whom, and lets it write on
//! whatever it answers from then on, success or not.

use crate::calls;
use crate::error::Error;
use crate::snapshot::Entry;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use portico_api::problem::Code;
use portico_api::usage::UsageSlot;
use portico_domain::throttle::{Gate, Share};
use std::sync::Arc;

/// The limits that hold for a caller.
pub const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What of them is free.
pub const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The problem type of an endpoint's limit that is reached.
pub const QUOTA_EXCEEDED: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";
/// The problem type of a server that has more to do than it can.
pub const REDUCED_CAPACITY: &str =
    "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";
/// Seconds after which a place may be free: calls end within milliseconds, and a header has no less.
const SOON: u32 = 1;

/// A response whose call still has its permit: that place counts as free, since it is when the answer
/// has been read.
#[derive(Clone, Copy)]
pub(super) struct HasPermit;

/// The limits that a caller of one endpoint is under.
pub struct RateLimit {
    gate: Arc<Gate>,
    share: Share,
}

impl RateLimit {
    /// Those for calls of this slot to this endpoint.
    pub fn of(entry: &Entry, slot: UsageSlot) -> Self {
        Self {
            gate: Arc::clone(&entry.gate),
            share: calls::share(slot),
        }
    }

    /// Writes both fields. `violated` is the limit that refused the call, if one did, see
    /// [`Error::violated`]: it is shown without any room, whatever was freed since.
    pub fn write(&self, response: &mut Response, violated: Option<Share>) {
        let own = u32::from(response.extensions().get::<HasPermit>().is_some());
        let shares: &[Share] = match self.share {
            Share::Full => &[Share::Full],
            Share::Half => &[Share::Full, Share::Half],
        };
        let (mut policies, mut limits) = (String::new(), String::new());
        for share in shares {
            let room = self.gate.room(*share, own);
            let free = if violated == Some(*share) {
                0
            } else {
                room.free
            };
            if !policies.is_empty() {
                policies.push_str(", ");
                limits.push_str(", ");
            }
            let name = policy(*share);
            policies.push_str(&format!(
                "\"{name}\";q={};qu=\"concurrent-requests\"",
                room.limit
            ));
            limits.push_str(&format!("\"{name}\";r={free}"));
            if free == 0 {
                limits.push_str(&format!(";t={SOON}"));
            }
        }
        set(response.headers_mut(), POLICY, &policies);
        set(response.headers_mut(), LIMIT, &limits);
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    // Names and numbers alone: always a value.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// The name of a limit in `RateLimit-Policy` and among the `violated-policies` of a problem.
pub fn policy(share: Share) -> &'static str {
    match share {
        Share::Full => "endpoint",
        Share::Half => "signed-in",
    }
}

/// Writes `Retry-After` where a repeat may succeed.
pub fn write_retry_after(headers: &mut HeaderMap, error: &Error) {
    if let Some(seconds) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// The registered type of a problem with this code, for those that have one.
pub fn problem_type(code: Code) -> Option<&'static str> {
    match code {
        Code::Throttled => Some(QUOTA_EXCEEDED),
        Code::Overloaded => Some(REDUCED_CAPACITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn written(limit: &RateLimit, has_permit: bool, violated: Option<Share>) -> (String, String) {
        let mut response = Response::new(Body::empty());
        if has_permit {
            response.extensions_mut().insert(HasPermit);
        }
        limit.write(&mut response, violated);
        let text = |name: HeaderName| response.headers()[name].to_str().unwrap().to_owned();
        (text(POLICY), text(LIMIT))
    }

    fn limit(share: Share) -> RateLimit {
        RateLimit {
            gate: Arc::new(Gate::new(20)),
            share,
        }
    }

    #[test]
    fn a_caller_with_a_key_sees_the_endpoints_limit() {
        let limit = limit(Share::Full);
        let held: Vec<_> = (0..3)
            .map(|_| limit.gate.try_admit(Share::Full).unwrap())
            .collect();
        let (policy, free) = written(&limit, false, None);
        assert_eq!(policy, r#""endpoint";q=20;qu="concurrent-requests""#);
        assert_eq!(free, r#""endpoint";r=17"#);
        // Its own place is free once the answer is read.
        assert_eq!(written(&limit, true, None).1, r#""endpoint";r=18"#);
        // Refused: what was freed since does not make the answer contradict itself.
        let refused = written(&limit, false, Some(Share::Full)).1;
        assert_eq!(refused, r#""endpoint";r=0;t=1"#);
        drop(held);
        assert_eq!(written(&limit, false, None).1, r#""endpoint";r=20"#);
    }

    #[test]
    fn a_signed_in_caller_sees_both_limits() {
        let limit = limit(Share::Half);
        let _held: Vec<_> = (0..10)
            .map(|_| limit.gate.try_admit(Share::Half).unwrap())
            .collect();
        let (policy, free) = written(&limit, false, Some(Share::Half));
        assert_eq!(
            policy,
            r#""endpoint";q=20;qu="concurrent-requests", "signed-in";q=10;qu="concurrent-requests""#
        );
        assert_eq!(free, r#""endpoint";r=10, "signed-in";r=0;t=1"#);
    }

    #[test]
    fn the_limit_that_is_shown_is_the_one_in_force() {
        let limit = limit(Share::Full);
        limit.gate.set_limit(4);
        assert!(written(&limit, false, None).0.contains(";q=4;"));
    }

    #[test]
    fn the_two_kinds_of_too_much_have_types_of_their_own() {
        assert_eq!(problem_type(Code::Throttled), Some(QUOTA_EXCEEDED));
        assert_eq!(problem_type(Code::Overloaded), Some(REDUCED_CAPACITY));
        assert_eq!(problem_type(Code::Paused), None);
        let mut headers = HeaderMap::new();
        write_retry_after(&mut headers, &Error::Overloaded("Why."));
        assert_eq!(headers[header::RETRY_AFTER], "1");
    }
}
