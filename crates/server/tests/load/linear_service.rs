//! The service of `linear` on the real server: its versions are published into it, its endpoints' answers
//! say which models ran.

use std::{collections::BTreeMap, fs, time::Duration};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    http::{Answer, request},
    linear::{self, PREPARE, Slot},
    server::Server,
};

/// Which model stands behind each column.
pub(crate) type Score = BTreeMap<String, u64>;

pub(crate) fn slot(resource: &'static str, number: u32) -> Slot {
    Slot {
        resource,
        number,
        width: 1,
    }
}

/// The digest of a slot's model.
pub(crate) fn digest(slot: Slot) -> String {
    let model = linear::model(slot.resource, slot.number, slot.width);
    hex::encode(Sha256::digest(model))
}

/// What an endpoint answers where these models run in `a` and `b`.
pub(crate) fn score(prepare: u32, a: u32, b: u32) -> Score {
    let columns = [(PREPARE, prepare), ("a", a), ("b", b)];
    let column = |(stage, number): (&str, u32)| (format!("{stage}0"), u64::from(number));
    columns.map(column).into()
}

pub(crate) struct Service {
    pub(crate) workspace: String,
    /// Its path in the REST API.
    pub(crate) api: String,
}

/// Publishes the next version.
pub(crate) async fn publish(server: &Server, prepare: u32, a: u32, b: u32) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let files = linear::package("Linear", prepare, &[slot("a", a), slot("b", b)]);
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let (code, said) = server.import(folder.path(), Duration::from_secs(60)).await;
    assert_eq!(code, Some(0), "{said}");
    let id = said
        .lines()
        .next()
        .unwrap()
        .rsplit(' ')
        .next()
        .unwrap()
        .to_owned();
    let api = format!("{}/{id}", server.services());
    let workspace = api.split('/').nth(4).unwrap().to_owned();
    Service { workspace, api }
}

impl Service {
    /// Makes an endpoint; answers its id and its key.
    pub(crate) async fn endpoint(&self, server: &Server, name: &str) -> (String, String) {
        let made =
            json!({"name": name, "throttle": {"level": "high", "max_concurrent_calls": 200}});
        let path = format!("{}/endpoints", self.api);
        let made = server.act("POST", &path, &made.to_string()).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            text(&made["endpoint"]["id"]),
            text(&made["keys"]["primary"]),
        )
    }

    /// Gives an endpoint a model of its own.
    pub(crate) async fn customise(&self, server: &Server, name: &str, slot: Slot) {
        let path = format!("{}/endpoints/{name}/models/{}", self.api, slot.resource);
        let token = format!(
            "Bearer {}",
            server.demo["workspace_token"].as_str().unwrap()
        );
        let model = linear::model(slot.resource, slot.number, slot.width);
        let length = model.len().to_string();
        let headers = [
            ("Authorization", token.as_str()),
            ("Content-Length", &length),
        ];
        // Its own length stands in for the one that a body of text would have.
        let head = request("POST", &path, &headers, "");
        let head = String::from_utf8(head)
            .unwrap()
            .replace("Content-Length: 0\r\n", "");
        let answer = server.send(&[head.as_bytes(), &model].concat()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// All items of a list, page by page.
    pub(crate) async fn all(&self, server: &Server, rest: &str) -> Vec<Value> {
        let (mut items, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("{}{rest}?page_size=200{token}", self.api);
            let page = server.act("GET", &path, "").await;
            assert_eq!(page.status, 200, "{}", page.text());
            let page = page.json();
            items.extend(page["items"].as_array().unwrap().clone());
            match page["next_page_token"].as_str() {
                Some(next) => token = format!("&page_token={next}"),
                None => return items,
            }
        }
    }
}

/// The version, the revision and the models that an answer names.
pub(crate) fn read(answer: &Answer) -> (u64, u64, Score) {
    let number = |name: &str| answer.header(name).unwrap().parse().unwrap();
    let json = answer.json();
    let value = &json["Results"]["output1"]["value"];
    let names = value["ColumnNames"].as_array().unwrap().iter();
    let cells = value["Values"][0].as_array().unwrap();
    let pair = |(name, cell): (&Value, &Value)| {
        let number: f64 = cell.as_str().unwrap().parse().unwrap();
        (name.as_str().unwrap().to_owned(), number as u64)
    };
    let score = names
        .zip(cells)
        .map(pair)
        .filter(|(name, _)| !linear::COLUMNS.contains(&name.as_str()))
        .collect();
    (
        number("x-portico-version"),
        number("x-portico-revision"),
        score,
    )
}
