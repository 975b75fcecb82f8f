//! The Open Inference Protocol below an endpoint's URL: every route, every kind of caller, bad calls.

use crate::support::{As, package_folder};
use crate::world::{Endpoint, World};
use portico_api::id::EndpointId;
use portico_domain::throttle::Share;
use portico_server::audit::Who;
use portico_server::package::{self, Package};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const MODEL: &str = "v2/models/Penguin%20species";
const HEADER_LENGTH: &str = "inference-header-content-length";

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    fn expect(&self, status: u16) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{text}");
        assert_eq!(self.header("content-type"), "application/json", "{text}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Fails unless this is an error of the protocol with this status that says this.
    #[track_caller]
    fn refused(&self, status: u16, words: &str) {
        let body = self.expect(status);
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        assert!(body["error"].as_str().unwrap().contains(words), "{body}");
    }
}

/// A client of one endpoint.
struct Client {
    base: String,
    key: String,
    http: reqwest::Client,
}

impl Client {
    fn of(world: &World, endpoint: &Endpoint) -> Self {
        let path = endpoint.call.split("/execute").next().unwrap();
        Self {
            base: format!("{}{path}", world.at.base),
            key: endpoint.primary.clone(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Reply {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self
            .http
            .request(method, format!("{}/{path}", self.base))
            .body(body);
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", self.key));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], Vec::new()).await
    }

    async fn infer(&self, model: &str, body: &Value) -> Reply {
        let body = body.to_string().into_bytes();
        self.send("POST", &format!("{model}/infer"), &[], body)
            .await
    }
}

/// Two penguins, one tensor a column.
fn penguins() -> Value {
    json!({"id": "42", "inputs": [
        {"name": "island", "shape": [2], "datatype": "BYTES", "data": ["Torgersen", "Biscoe"]},
        {"name": "bill_length_mm", "shape": [2, 1], "datatype": "FP64", "data": [[39.1], [46.1]]},
        {"name": "bill_depth_mm", "shape": [2, 1], "datatype": "FP32", "data": [18.7, 13.2]},
        {"name": "flipper_length_mm", "shape": [2], "datatype": "INT16", "data": [181, 211]},
        {"name": "body_mass_g", "shape": [2], "datatype": "BYTES", "data": ["3750", "4500"]},
        {"name": "sex", "shape": [2], "datatype": "BYTES", "data": ["male", null]},
    ]})
}

/// What is counted of an endpoint.
async fn calls_and_rows(world: &World, endpoint: &Endpoint) -> (u64, u64) {
    let path = format!("{}/usage", endpoint.path);
    let usage = world.at.get(&world.owner, &path).await.expect(200);
    let count = |name: &str| usage["total"][name].as_u64().unwrap();
    (count("calls"), count("rows"))
}

/// The world with another service in it, published from files of a fixture that `change` may change.
async fn service(world: &World, fixture: &str, change: impl Fn(&mut Value)) -> Endpoint {
    let folder = package_folder("../../tests/fixtures/models").join(fixture);
    let mut files = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        files.insert(name, std::fs::read(file.path()).unwrap());
    }
    let mut manifest = serde_json::from_slice(&files["manifest.json"]).unwrap();
    change(&mut manifest);
    files.insert("manifest.json".to_owned(), manifest.to_string().into());
    let files = files
        .into_iter()
        .map(|(name, bytes)| (name, bytes.into()))
        .collect();
    let package = Package::from_files(files).unwrap();
    let done = package::import(&world.at.app, &Who::system(), &world.workspace, &package).await;
    let service = done.unwrap().0.service;
    let path = format!(
        "/api/v1/workspaces/{}/services/{service}/endpoints",
        world.workspace
    );
    world.endpoint_at(path, json!({"name": "acme"})).await
}

#[tokio::test]
async fn an_endpoint_tells_what_it_serves() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let client = Client::of(&world, &acme);
    let shown = world.at.get(&world.owner, &acme.path).await.expect(200);
    assert_eq!(shown["urls"]["inference"], client.base);

    let server = client.get("v2").await.expect(200);
    assert_eq!(server["name"], "portico");
    assert_eq!(
        server["extensions"],
        json!(["binary_tensor_data", "portico_nullable"])
    );
    assert_eq!(
        client.get("v2/health/live").await.expect(200),
        json!({"live": true})
    );
    assert_eq!(
        client.get("v2/health/ready").await.expect(200),
        json!({"ready": true})
    );
    let ready = client.get(&format!("{MODEL}/versions/1/ready")).await;
    assert_eq!(
        ready.expect(200),
        json!({"name": "Penguin species", "ready": true})
    );

    let tensor =
        |name: &str, datatype: &str| json!({"name": name, "datatype": datatype, "shape": [-1, 1]});
    let expected = json!({
        "name": "Penguin species", "versions": ["1"], "platform": "onnx_onnxv1",
        "inputs": [
            tensor("island", "BYTES"), tensor("bill_length_mm", "FP64"), tensor("bill_depth_mm", "FP64"),
            tensor("flipper_length_mm", "FP64"), tensor("body_mass_g", "FP64"), tensor("sex", "BYTES"),
        ],
        "outputs": [
            tensor("Scored Labels", "BYTES"),
            tensor("Scored Probabilities for Class \"Adelie\"", "FP32"),
            tensor("Scored Probabilities for Class \"Chinstrap\"", "FP32"),
            tensor("Scored Probabilities for Class \"Gentoo\"", "FP32"),
        ]
    });
    let by_id = format!("v2/models/{}", world.service);
    for path in [
        MODEL,
        &format!("{MODEL}/"),
        &format!("{MODEL}/versions/1"),
        &by_id,
    ] {
        assert_eq!(client.get(path).await.expect(200), expected, "{path}");
    }
    // Nobody's call was counted for it.
    assert_eq!(calls_and_rows(&world, &acme).await, (0, 0));

    let head = client.send("HEAD", "v2/health/live", &[], Vec::new()).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for path in [
        "v2/models/Penguin",
        "v2/models/penguin%20species",
        &format!("{MODEL}/versions/2"),
        &format!("{MODEL}/versions/01/ready"),
        &format!("{MODEL}/config"),
        "v2/repository/index",
        "v2/models",
        "v2/x/y/z",
    ] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.expect(404)["error"].is_string());
    }
    let wrong = client.get(&format!("{MODEL}/infer")).await;
    wrong.refused(405, "takes POST");
    assert_eq!(wrong.header("allow"), "POST");
    client
        .send("DELETE", MODEL, &[], Vec::new())
        .await
        .refused(405, "takes GET, HEAD");
}

#[tokio::test]
async fn who_has_no_key_learns_nothing() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let other = world.endpoint("other").await;
    let client = Client::of(&world, &acme);
    let elsewhere = Client {
        base: client
            .base
            .replace(&acme.id, "0123456789abcdef0123456789abcdef"),
        ..Client::of(&world, &acme)
    };
    let workspace = client
        .base
        .replace(world.workspace.as_str(), "0123456789abcdef0123456789abcdef");
    let foreign = Client {
        base: workspace,
        ..Client::of(&world, &acme)
    };
    let basic = format!("Basic {}", acme.primary);
    let others = format!("Bearer {}", other.primary);
    let As::Cookie(cookie) = &world.owner else {
        panic!("the owner has a session");
    };
    let cookie = format!("__Host-sid={cookie}");
    let As::Bearer(token) = &world.token else {
        panic!("a token is a bearer");
    };
    let token = format!("Bearer {token}");
    let infer = format!("{MODEL}/infer");
    let mut bodies = Vec::new();
    for (method, path) in [
        ("GET", "v2"),
        ("GET", "v2/health/live"),
        ("GET", MODEL),
        ("POST", infer.as_str()),
        ("GET", "v2/x"),
        ("PUT", "v2"),
    ] {
        for (client, authorization) in [
            (&client, ""),
            (&client, "Bearer none"),
            (&client, basic.as_str()),
            (&client, others.as_str()),
            (&client, token.as_str()),
            (&elsewhere, &format!("Bearer {}", acme.primary)),
            (&foreign, &format!("Bearer {}", acme.primary)),
        ] {
            let headers = [
                ("authorization", authorization),
                ("cookie", cookie.as_str()),
            ];
            let reply = client
                .send(method, path, &headers, penguins().to_string().into())
                .await;
            reply.refused(401, "Send a key");
            assert_eq!(reply.header("www-authenticate"), "Bearer");
            assert_eq!(reply.header("ratelimit"), "");
            bodies.push(reply.body);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "all alike");
    for scheme in ["bearer", "BEARER ", " Bearer  "] {
        let value = format!("{scheme} {}", acme.secondary);
        client
            .send("GET", "v2", &[("authorization", &value)], Vec::new())
            .await
            .expect(200);
    }
    let in_address = client.get(&format!("v2?code={}", acme.primary)).await;
    in_address.refused(400, "Rotate this one");
    assert!(!String::from_utf8_lossy(&in_address.body).contains(&acme.primary));
    client.get("v2?verbose=1").await.expect(200);
}

#[tokio::test]
async fn penguins_are_scored_as_on_the_other_wires() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let client = Client::of(&world, &acme);
    let reply = client.infer(MODEL, &penguins()).await;
    assert_eq!(
        reply.header("ratelimit-policy"),
        r#""endpoint";q=20;qu="concurrent-requests""#
    );
    assert_eq!(reply.header("ratelimit"), r#""endpoint";r=20"#);
    let answer = reply.expect(200);
    assert_eq!(
        (
            &answer["model_name"],
            &answer["model_version"],
            &answer["id"]
        ),
        (&json!("Penguin species"), &json!("1"), &json!("42"))
    );
    let outputs = answer["outputs"].as_array().unwrap();
    assert_eq!(outputs.len(), 4);
    assert_eq!(
        outputs[0],
        json!({"name": "Scored Labels", "shape": [2, 1], "datatype": "BYTES", "data": ["Adelie", "Gentoo"]})
    );

    let call = json!({"Inputs": {"input1": {
        "ColumnNames": ["island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex"],
        "Values": [["Torgersen", 39.1, 18.7, 181, 3750, "male"], ["Biscoe", 46.1, 13.2, 211, 4500, null]]}}});
    let classic = world
        .at
        .call(&acme.call, &acme.primary, &call)
        .await
        .expect(200);
    let rows = classic["Results"]["output1"]["value"]["Values"]
        .as_array()
        .unwrap();
    for (column, output) in outputs.iter().enumerate().skip(1) {
        for (row, cells) in rows.iter().enumerate() {
            let expected: f64 = cells[6 + column].as_str().unwrap().parse().unwrap();
            // 18.7 went in with the digits of a 32-bit float here.
            let found = output["data"][row].as_f64().unwrap();
            assert!((found - expected).abs() < 1e-5, "{output}");
        }
    }

    let mut some = penguins();
    some["id"] = json!("");
    some["parameters"] = json!({"binary_data_output": true, "priority": 1, "triton_x": 2});
    some["outputs"] = json!([{"name": "probabilities"}, {"name": "Scored Labels", "parameters": {"binary_data": false}}]);
    let reply = client
        .infer(&format!("v2/models/{}/versions/1", world.service), &some)
        .await;
    let length: usize = reply.header(HEADER_LENGTH).parse().unwrap();
    assert_eq!(reply.header("content-type"), "application/octet-stream");
    let json: Value = serde_json::from_slice(&reply.body[..length]).unwrap();
    assert_eq!(json["id"], "");
    assert_eq!(
        json["outputs"][0],
        json!({"name": "probabilities", "shape": [2, 3], "datatype": "FP32", "parameters": {"binary_data_size": 24}})
    );
    assert_eq!(json["outputs"][1]["data"], json!(["Adelie", "Gentoo"]));
    let floats: Vec<f32> = reply.body[length..]
        .as_chunks::<4>()
        .0
        .iter()
        .map(|part| f32::from_le_bytes(*part))
        .collect();
    let expected: Vec<f32> = (0..2)
        .flat_map(|row| (1..4).map(move |column| (row, column)))
        .map(|(row, column): (usize, usize)| outputs[column]["data"][row].as_f64().unwrap() as f32)
        .collect();
    assert_eq!(floats, expected);

    assert_eq!(calls_and_rows(&world, &acme).await, (3, 6));
}

#[tokio::test]
async fn whole_numbers_of_64_bits_are_exact_and_matrices_go_in_whole() {
    let world = World::start().await;
    let twelve = Client::of(&world, &service(&world, "twelve", |_| ()).await);
    let column = |name: &str, datatype: &str, data: Value| json!({"name": name, "shape": [2], "datatype": datatype, "data": data});
    let call = json!({"inputs": [
        column("account", "BYTES", json!(["0000012345", "x"])),
        column("order_id", "UINT64", json!([999_999_999_999_999_999_u64, i64::MAX])),
        column("region", "BYTES", json!(["Süd", "Mars"])),
        column("ordered_at", "BYTES", json!(["2026-02-28T23:59:59Z", "2024-02-29"])),
        column("amount", "FP64", json!([9999.99, 1])),
        column("rate", "FP32", json!([-0.125, 0])),
        column("weight_kg", "FP64", json!([null, 1])),
        column("latitude", "BYTES", json!(["1", "1e1"])),
        column("longitude", "INT8", json!([1, -2])),
        column("quantity", "FP32", json!([3.0, 500])),
        column("express", "BOOL", json!([true, false])),
        column("note", "BYTES", json!([null, "Grüße aus 東京 🗼"])),
    ]});
    let answer = twelve.infer("v2/models/Twelve", &call).await;
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert!(
        text.contains("[999999999999999999,9223372036854775807]"),
        "{text}"
    );
    let answer = answer.expect(200);
    assert_eq!(answer["outputs"][0]["data"], json!(["high", "low"]));
    let metadata = twelve.get("v2/models/Twelve").await.expect(200);
    let types: Vec<&Value> = metadata["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|output| &output["datatype"])
        .collect();
    assert_eq!(types[0], "BYTES");
    assert_eq!(types[2], "INT64");
    let wrong = |at: usize, input: Value| {
        let mut call = call.clone();
        call["inputs"][at] = input;
        call
    };
    for (at, input, words) in [
        (
            1,
            column("order_id", "UINT64", json!([u64::MAX, 1])),
            "Tensor order_id: row 0, column order_id: 18446744073709551615 is past",
        ),
        (
            1,
            column("order_id", "FP64", json!([1e17, 1])),
            "no whole number up to 9007199254740992",
        ),
        (
            1,
            column("order_id", "INT64", json!([null, 1])),
            "INT64 takes whole numbers from",
        ),
        (
            4,
            column("amount", "FP64", json!([null, 1])),
            "row 0, column amount: the column is not nullable",
        ),
        (
            3,
            column("ordered_at", "BYTES", json!(["28.2.2026", "2026-01-01"])),
            "Tensor ordered_at: row 0: ordered_at takes a date",
        ),
        (
            0,
            column("account", "FP64", json!([1, 2])),
            "FP64 can't become column account",
        ),
        (11, column("note", "BYTES", json!(["a\0b", ""])), "NUL"),
    ] {
        twelve
            .infer("v2/models/Twelve", &wrong(at, input))
            .await
            .refused(400, words);
    }

    let scaled = |manifest: &mut Value| {
        manifest["parameters"] = json!([{"name": "scale", "type": "double", "default": "2"}]);
    };
    let matrix = Client::of(&world, &service(&world, "matrix", scaled).await);
    let metadata = matrix.get("v2/models/Matrix").await.expect(200);
    assert_eq!(
        metadata["inputs"],
        json!([{"name": "X", "datatype": "FP64", "shape": [-1, 3]}])
    );
    for datatype in ["FP32", "FP64", "INT32", "UINT64"] {
        for data in [json!([1, 2, 3, 4, 5, 6]), json!([[1, 2, 3], [4, 5, 6]])] {
            let mut call = json!({"inputs": [{"name": "X", "shape": [2, 3], "datatype": datatype, "data": data}]});
            call["parameters"] = json!({"scale": 3, "content_type": "np"});
            let answer = matrix.infer("v2/models/Matrix", &call).await.expect(200);
            assert_eq!(
                answer["outputs"][0]["data"],
                json!([14.0, 32.0]),
                "{datatype}"
            );
        }
    }
    for (parameters, words) in [
        (json!({"scale": "much"}), "scale takes a number, not much"),
        (json!({"size": 1}), "no global parameter size"),
        (json!({"sequence_id": 7}), "sequences are not served"),
    ] {
        let call = json!({"parameters": parameters, "inputs": [{"name": "X", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}]});
        matrix
            .infer("v2/models/Matrix", &call)
            .await
            .refused(400, words);
    }
}

#[tokio::test]
async fn bad_calls_are_named_and_cost_nothing() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let client = Client::of(&world, &acme);
    let infer = format!("{MODEL}/infer");
    let send = async |headers: &[(&str, &str)], body: Vec<u8>| {
        client.send("POST", &infer, headers, body).await
    };
    send(&[], Vec::new()).await.refused(400, "no body");
    send(&[], b"{".to_vec())
        .await
        .refused(400, "line 1 column 1");
    send(&[], b"\xff\xfe".to_vec())
        .await
        .refused(400, "The request: ");
    send(&[(HEADER_LENGTH, "x")], Vec::new())
        .await
        .refused(400, "not a number of bytes");
    send(&[(HEADER_LENGTH, "9")], b"{}".to_vec())
        .await
        .refused(400, "is 9, and the body has 2");
    send(&[("content-encoding", "br")], Vec::new())
        .await
        .refused(415, "gzip, deflate");
    send(&[("content-encoding", "gzip")], b"{}".to_vec())
        .await
        .refused(400, "not gzip");
    send(&[], vec![b' '; (4 << 20) + 1])
        .await
        .refused(413, "4194304 bytes");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut call = penguins();
        change(&mut call);
        call
    };
    for (call, words) in [
        (json!({}), "missing field `inputs`"),
        (json!({"inputs": []}), "no inputs"),
        (
            with(&|call| drop(call["inputs"].as_array_mut().unwrap().remove(0))),
            "Column island is missing.",
        ),
        (
            with(&|call| call["inputs"][0]["name"] = json!("isle")),
            "Tensor isle: the model has no such input",
        ),
        (
            with(&|call| call["inputs"][3]["data"][1] = json!(40_000)),
            "Tensor flipper_length_mm: element 1 of data: INT16 takes",
        ),
        (
            with(&|call| call["inputs"][4]["data"][1] = json!("heavy")),
            "Tensor body_mass_g: row 1: body_mass_g takes a number, not heavy.",
        ),
        (
            with(&|call| call["inputs"][0]["data"][1] = json!("")),
            "row 1, column island: the column is not nullable",
        ),
        (
            with(&|call| call["inputs"][0]["shape"] = json!([1u64 << 62, 1u64 << 62])),
            "more elements than there can be",
        ),
        (
            with(&|call| call["outputs"] = json!([{"name": "x"}])),
            "Output x: the model has no such output",
        ),
    ] {
        client.infer(MODEL, &call).await.refused(400, words);
    }
    // Python's own way to write a missing number.
    let nan = with(&|call| call["inputs"][1]["data"] = json!([["NaN"], [46.1]]))
        .to_string()
        .replace("\"NaN\"", "NaN");
    send(&[], nan.into_bytes()).await.expect(200);
    // The model ends for 0 and below, and this caller waits for 2 ms.
    let endless = Client::of(&world, &service(&world, "endless", |_| ()).await);
    let mut late =
        json!({"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [-1]}]});
    endless.infer("v2/models/Endless", &late).await.expect(200);
    late["inputs"][0]["data"] = json!([1]);
    late["parameters"] = json!({"timeout": 2_000});
    endless
        .infer("v2/models/Endless", &late)
        .await
        .refused(504, "deadline");

    let id = EndpointId::parse(&acme.id).unwrap();
    let gate = Arc::clone(&world.at.app.snapshot().endpoint(&id).unwrap().gate);
    assert_eq!(gate.free(), 20);
    let held: Vec<_> = (0..20)
        .map(|_| gate.try_admit(Share::Full).unwrap())
        .collect();
    let refused = client.infer(MODEL, &penguins()).await;
    refused.refused(429, "takes 20 calls at once");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("ratelimit"), r#""endpoint";r=0;t=1"#);
    client.get("v2/health/ready").await.expect(200);
    drop(held);
    client.infer(MODEL, &penguins()).await.expect(200);

    world
        .at
        .patch(&world.owner, &acme.path, json!({"paused": true}))
        .await
        .expect(200);
    client
        .infer(MODEL, &penguins())
        .await
        .refused(503, "paused");
    client.get("v2/health/ready").await.refused(503, "paused");
    client
        .get(&format!("{MODEL}/ready"))
        .await
        .refused(503, "paused");
    client.get("v2/health/live").await.expect(200);
    client.get(MODEL).await.expect(200);
}
