//! Path strings stand in one place each: the portal's in its routes, REST's in the shared crate,
//! a fixed wire's beside that wire. Tests are free to spell paths out.

use super::Finding;
use super::tree::Tree;

const STARTS: [&str; 7] = [
    "/api",
    "/workspaces",
    "/signin",
    "/setup",
    "/account",
    "/jobs",
    "/requests",
];

/// Path strings outside the place that is theirs.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.rust(&["src/", "crates/"]) {
        for literal in source.product_literals() {
            let Some(start) = STARTS.iter().find(|start| begins(&literal.text, start)) else {
                continue;
            };
            if let Some(rule) = breach(path, start) {
                let text = format!("the path string {:?}: {rule}", literal.text);
                findings.push(Finding::new(path, literal.line, text));
            }
        }
    }
    findings
}

fn begins(text: &str, start: &str) -> bool {
    text.strip_prefix(start)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#', '{']))
}

fn breach(path: &str, start: &str) -> Option<&'static str> {
    let rest = start == "/api";
    if path.starts_with("crates/api/")
        || path.starts_with("crates/server/src/classic")
        || path.starts_with("crates/server/src/inference")
        || (path == "src/routes.rs" && !rest)
    {
        return None;
    }
    Some(if rest {
        "paths of REST stand in crates/api alone"
    } else if path.starts_with("src/") {
        "the portal's paths stand in src/routes.rs alone"
    } else {
        "paths stand in crates/api, or beside the fixed wire that they belong to"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_path_outside_its_place_is_found() {
        assert_eq!(
            found(
                "src/features/keys/page.rs",
                "a(\"/workspaces/x\"); b(\"/signin\")"
            ),
            2
        );
        assert_eq!(found("src/routes.rs", "\"/api/v1/me\""), 1);
        assert_eq!(found("crates/server/src/http/me.rs", "\"/api/v1/me\""), 1);
        assert_eq!(found("crates/domain/src/access.rs", "r\"/jobs\""), 1);
    }

    #[test]
    fn a_path_in_its_place_and_in_a_test_is_clean() {
        assert_eq!(found("src/routes.rs", "\"/workspaces/:ws\""), 0);
        assert_eq!(found("crates/api/src/paths.rs", "\"/api/v1/me\""), 0);
        assert_eq!(
            found(
                "crates/server/src/classic/execute.rs",
                "\"/workspaces/{ws}\""
            ),
            0
        );
        assert_eq!(found("crates/server/tests/rest.rs", "\"/api/v1/me\""), 0);
        assert_eq!(
            found(
                "src/a.rs",
                "// \"/signin\"\n#[cfg(test)]\nmod tests { a(\"/signin\") }"
            ),
            0
        );
        assert_eq!(found("src/a.rs", "\"/setupish\" \"see /signin\""), 0);
    }
}
