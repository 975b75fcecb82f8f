//! Which part of the product may speak of what. A part is a folder or a file; a word that stands
//! for something from beyond its layer does not occur in it.

use super::Finding;
use super::source::mentions;
use super::tree::Tree;

struct Layer {
    /// Whether a file belongs to the part.
    holds: fn(&str) -> bool,
    words: &'static [&'static str],
    reason: &'static str,
}

const HTTP: &[&str] = &[
    "axum",
    "hyper",
    "hyper_util",
    "tower",
    "http_body",
    "http::",
    "crate::http",
    "StatusCode",
];

const LAYERS: [Layer; 12] = [
    Layer {
        holds: |path| path.starts_with("crates/server/src/scoring"),
        words: HTTP,
        reason: "scoring knows tensors and tables, not HTTP",
    },
    Layer {
        holds: |path| path.starts_with("crates/server/src/store"),
        words: HTTP,
        reason: "the store knows no HTTP",
    },
    Layer {
        holds: |path| path.starts_with("crates/server/src/http"),
        words: &["sqlx"],
        reason: "http knows no SQL; the store does",
    },
    Layer {
        holds: |path| path.starts_with("crates/server/src/inference"),
        words: &["sqlx", "crate::store", "crate::acts"],
        reason: "inference is a wire: calls read no SQL, and it changes nothing",
    },
    Layer {
        holds: |path| in_server_but(path, "scoring"),
        words: &["ort", "calamine"],
        reason: "models are loaded and tables taken apart in child processes, by scoring alone",
    },
    Layer {
        holds: |path| in_server_but(path, "store"),
        words: &["ObjectStore", "ObjectStoreExt", "LocalFileSystem"],
        reason: "models, uploads and results go through the store's blobs",
    },
    Layer {
        holds: |path| path.starts_with("crates/") && path != "crates/server/src/clock.rs",
        words: &[
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
            "getrandom",
            "OsRng",
        ],
        reason: "time and randomness come through the clock and the entropy, which tests hold",
    },
    Layer {
        holds: |path| {
            path.starts_with("src/") && (path.ends_with("/model.rs") || path.contains("/model/"))
        },
        words: &["leptos", "leptos_router", "web_sys", "gloo_net"],
        reason: "a feature's model is plain Rust, tested without a browser",
    },
    Layer {
        holds: |path| {
            path.starts_with("src/bin/sheet_worker") || path.starts_with("src/sheet_worker")
        },
        words: &["leptos", "leptos_router", "crate::ui"],
        reason: "the worker holds the table and shows nothing",
    },
    Layer {
        holds: |path| path.starts_with("src/sheet/"),
        words: &["crate::features", "crate::batch"],
        reason: "the grid knows nothing of the page that it stands on",
    },
    Layer {
        holds: |path| path.starts_with("src/ui"),
        words: &["crate::features"],
        reason: "components of ui know nothing of features",
    },
    Layer {
        holds: |path| path.starts_with("src/") && !path.starts_with("src/client"),
        words: &["gloo_net"],
        reason: "requests go through src/client",
    },
];

fn in_server_but(path: &str, part: &str) -> bool {
    path.strip_prefix("crates/server/src/")
        .is_some_and(|rest| !rest.starts_with(part))
}

/// Words and SQL where their layer does not allow them.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.rust(&["src/", "crates/"]) {
        for layer in LAYERS.iter().filter(|layer| (layer.holds)(path)) {
            for (line, code) in source.product_code() {
                if let Some(word) = layer.words.iter().find(|word| mentions(code, word)) {
                    findings.push(Finding::new(
                        path,
                        line,
                        format!("`{word}`: {}", layer.reason),
                    ));
                }
            }
        }
        if path.starts_with("crates/server/src/http")
            || path.starts_with("crates/server/src/inference")
        {
            let sql = source
                .product_literals()
                .filter(|literal| is_sql(&literal.text));
            findings.extend(sql.map(|literal| {
                Finding::new(
                    path,
                    literal.line,
                    "a statement in SQL: wires know no SQL; the store does",
                )
            }));
        }
    }
    findings
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\\');
    [
        "SELECT ",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "BEGIN IMMEDIATE",
        "PRAGMA ",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)]))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn a_word_from_beyond_the_layer_is_found() {
        assert_eq!(
            lines("crates/server/src/scoring/a.rs", "use x;\nuse axum::Json;"),
            [2]
        );
        assert_eq!(
            lines("crates/server/src/scoring.rs", "fn a() -> http::Uri {}"),
            [1]
        );
        assert_eq!(
            lines("crates/server/src/store/a.rs", "use crate::http::Problem;"),
            [1]
        );
        assert_eq!(lines("crates/server/src/http/a.rs", "sqlx::query(x)"), [1]);
        assert_eq!(
            lines("crates/server/src/http/a.rs", "f(\"\n  SELECT 1\")"),
            [1]
        );
        assert_eq!(
            lines(
                "crates/server/src/inference/a.rs",
                "use crate::store::Store;"
            ),
            [1]
        );
        assert_eq!(
            lines("crates/server/src/inference/a.rs", "f(\"SELECT 1\")"),
            [1]
        );
        assert_eq!(lines("crates/server/src/http/a.rs", "ort::init()"), [1]);
        assert_eq!(
            lines(
                "crates/server/src/batch/a.rs",
                "use object_store::ObjectStore;"
            ),
            [1]
        );
        assert_eq!(
            lines("crates/domain/src/a.rs", "let now = SystemTime::now();"),
            [1]
        );
        assert_eq!(
            lines("src/features/keys/model.rs", "use leptos::prelude::*;"),
            [1]
        );
        assert_eq!(
            lines("src/sheet/model/edit.rs", "use leptos::prelude::*;"),
            [1]
        );
        assert_eq!(
            lines("src/bin/sheet_worker.rs", "use leptos::prelude::*;"),
            [1]
        );
        assert_eq!(lines("src/sheet/grid.rs", "use crate::batch::Page;"), [1]);
        assert_eq!(lines("src/ui/table.rs", "use crate::features::keys;"), [1]);
        assert_eq!(
            lines(
                "src/features/keys/page.rs",
                "gloo_net::http::Request::get(a)"
            ),
            [1]
        );
    }

    #[test]
    fn comments_other_words_and_other_layers_are_clean() {
        assert!(
            lines(
                "crates/server/src/scoring/a.rs",
                "// knows no axum\nlet axumish = 1;"
            )
            .is_empty()
        );
        assert!(
            lines(
                "crates/server/src/http/a.rs",
                "use axum::Json;\nf(\"SELECTED\")"
            )
            .is_empty()
        );
        assert!(lines("crates/server/src/store/a.rs", "sqlx::query(\"SELECT 1\")").is_empty());
        assert!(lines("src/client/mod.rs", "use gloo_net::http;").is_empty());
        assert!(lines("src/ui/table.rs", "use crate::ui::icon;").is_empty());
        assert!(lines("src/sheet/grid.rs", "use leptos::prelude::*;").is_empty());
        assert!(lines("src/bin/sheet.rs", "use leptos::prelude::*;").is_empty());
    }
}
