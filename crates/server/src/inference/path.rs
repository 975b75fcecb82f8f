//! Which route a path is. Paths are taken apart before they are decoded, so that a model's name may
//! hold any character.

use std::borrow::Cow;

/// The protocol's root below an endpoint.
pub(super) const ROOT: &str = "/workspaces/{workspace}/services/{endpoint}/v2";
/// Everything below that.
pub(super) const BELOW: &str = "/workspaces/{workspace}/services/{endpoint}/v2/{*rest}";

/// The URL below which an endpoint speaks the protocol; clients add `/v2/…`.
pub fn base_url(public_url: &str, workspace: &str, endpoint: &str) -> String {
    let path = ROOT
        .trim_end_matches("/v2")
        .replace("{workspace}", workspace)
        .replace("{endpoint}", endpoint);
    format!("{public_url}{path}")
}

/// A model as a path names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Model<'p> {
    pub(super) name: Cow<'p, str>,
    pub(super) version: Option<Cow<'p, str>>,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'p> {
    Server,
    Live,
    Ready,
    Model(Model<'p>),
    ModelReady(Model<'p>),
    Infer(Model<'p>),
}

impl<'p> Target<'p> {
    /// The model that it names, if it names one.
    pub(super) fn model(&self) -> Option<&Model<'p>> {
        match self {
            Self::Server | Self::Live | Self::Ready => None,
            Self::Model(model) | Self::ModelReady(model) | Self::Infer(model) => Some(model),
        }
    }
}

/// A path below an endpoint's URL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Below<'p> {
    pub(super) workspace: &'p str,
    pub(super) endpoint: &'p str,
    /// `None` where the protocol has nothing.
    pub(super) target: Option<Target<'p>>,
}

impl<'p> Below<'p> {
    /// Takes a path apart; `None` where it is not below an endpoint.
    pub(super) fn parse(path: &'p str) -> Option<Self> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let (Some("workspaces"), Some(workspace), Some("services"), Some(endpoint), Some("v2")) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return None;
        };
        let mut rest: Vec<&str> = parts.collect();
        // A slash at the end means nothing.
        if rest.last() == Some(&"") {
            rest.pop();
        }
        Some(Self {
            workspace,
            endpoint,
            target: target(&rest),
        })
    }
}

fn target<'p>(rest: &[&'p str]) -> Option<Target<'p>> {
    let model = |name: &'p str| {
        Some(Model {
            name: decoded(name)?,
            version: None,
        })
    };
    let versioned = |name: &'p str, version: &'p str| {
        Some(Model {
            name: decoded(name)?,
            version: Some(decoded(version)?),
        })
    };
    Some(match *rest {
        [] => Target::Server,
        ["health", "live"] => Target::Live,
        ["health", "ready"] => Target::Ready,
        ["models", name] => Target::Model(model(name)?),
        ["models", name, "ready"] => Target::ModelReady(model(name)?),
        ["models", name, "infer"] => Target::Infer(model(name)?),
        ["models", name, "versions", version] => Target::Model(versioned(name, version)?),
        ["models", name, "versions", version, "ready"] => {
            Target::ModelReady(versioned(name, version)?)
        }
        ["models", name, "versions", version, "infer"] => Target::Infer(versioned(name, version)?),
        _ => return None,
    })
}

/// A part of a path without its percent signs; `None` where it is not UTF-8.
fn decoded(part: &str) -> Option<Cow<'_, str>> {
    if !part.contains('%') {
        return Some(Cow::Borrowed(part));
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after
            .first_chunk::<2>()
            .filter(|_| *first == b'%')
            .and_then(|digits| hex::decode(digits).ok());
        match code.as_deref() {
            Some(&[byte]) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target_of(rest: &str) -> Option<String> {
        let path = format!("/workspaces/w/services/e/v2{rest}");
        let below = Below::parse(&path)?;
        assert_eq!((below.workspace, below.endpoint), ("w", "e"));
        Some(format!("{:?}", below.target?))
    }

    #[test]
    fn every_route_is_told_apart() {
        let check = |rest: &str, expected: &str| {
            assert_eq!(target_of(rest).as_deref(), Some(expected), "{rest}");
            let with_slash = format!("{rest}/");
            assert_eq!(target_of(&with_slash).as_deref(), Some(expected));
        };
        check("", "Server");
        check("/health/live", "Live");
        check("/health/ready", "Ready");
        let named = r#"Model { name: "a b/ü", version: None }"#;
        check("/models/a%20b%2F%C3%BC", &format!("Model({named})"));
        check(
            "/models/a%20b%2f%c3%bc/ready",
            &format!("ModelReady({named})"),
        );
        check("/models/a%20b%2F%C3%BC/infer", &format!("Infer({named})"));
        let versioned = r#"Model { name: "m", version: Some("2") }"#;
        check("/models/m/versions/2", &format!("Model({versioned})"));
        check(
            "/models/m/versions/2/ready",
            &format!("ModelReady({versioned})"),
        );
        check("/models/m/versions/2/infer", &format!("Infer({versioned})"));
    }

    #[test]
    fn what_the_protocol_does_not_have_is_nothing() {
        for rest in [
            "/health",
            "/health/alive",
            "/models",
            "/models/m/config",
            "/models/m/versions",
            "/models/m/versions/1/x",
            "/models/m//infer",
            "/repository/index",
            "/models/%ff",
            "/x",
        ] {
            assert_eq!(target_of(rest), None, "{rest}");
        }
        for path in [
            "",
            "/",
            "/workspaces/w/services/e",
            "/workspaces/w/services/e/v3",
        ] {
            assert_eq!(Below::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_stray_percent_sign_is_itself() {
        for text in ["100%", "%", "%2", "%zz", "a%2"] {
            assert_eq!(decoded(text).as_deref(), Some(text));
        }
        assert_eq!(decoded("%25%41").as_deref(), Some("%A"));
    }

    #[test]
    fn the_base_is_what_clients_add_v2_to() {
        let url = base_url("https://x.test", "w", "e");
        assert_eq!(url, "https://x.test/workspaces/w/services/e");
    }

    proptest! {
        #[test]
        fn any_name_comes_through(name in "[^/\\x00]{1,20}") {
            let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let path = format!("/workspaces/w/services/e/v2/models/{encoded}/infer");
            let model = Model { name: Cow::Owned(name), version: None };
            prop_assert_eq!(Below::parse(&path).unwrap().target, Some(Target::Infer(model)));
        }

        #[test]
        fn no_path_breaks_it(path: String) {
            let _ = Below::parse(&path);
            let _ = Below::parse(&format!("/workspaces/w/services/e/v2/{path}"));
        }
    }
}
