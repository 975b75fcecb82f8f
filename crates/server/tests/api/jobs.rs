//! Batch execution on classic's wire: what its clients send, step by step, and everything that they can
//! get wrong.

use crate::area::{ROWS, upload};
use crate::support::{As, NOW, Reply, TestApp};
use crate::world::{Endpoint, World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The URL at which an endpoint takes jobs, as the portal shows it, as a path.
pub(crate) fn jobs_path(endpoint: &Endpoint) -> String {
    format!("{}/jobs?api-version=2.0", endpoint.base())
}

/// The path of a job, made as the samples make it: text in text replaced.
fn job_path(endpoint: &Endpoint, job: &str, rest: &str) -> String {
    let replaced = format!("jobs/{job}{rest}?api-version=2.0");
    jobs_path(endpoint).replace("jobs?api-version=2.0", &replaced)
}

fn key(endpoint: &Endpoint) -> As {
    As::Bearer(endpoint.primary.clone())
}

async fn submit(at: &TestApp, endpoint: &Endpoint, body: &Value) -> String {
    let reply = at
        .post(&key(endpoint), &jobs_path(endpoint), body.clone())
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    id_in(&reply)
}

/// The id, taken out of the body as Python's sample does: without its first and last character.
fn id_in(reply: &Reply) -> String {
    assert_eq!(
        reply.header("content-type"),
        "application/json; charset=utf-8"
    );
    let id = reply.text[1..reply.text.len() - 1].to_owned();
    assert_eq!(reply.text, format!("\"{id}\""));
    assert!(
        id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()),
        "{id}"
    );
    id
}

async fn start(at: &TestApp, endpoint: &Endpoint, job: &str) -> Reply {
    let path = job_path(endpoint, job, "/start");
    at.ask(&key(endpoint), "POST", &path).text("").send().await
}

async fn status(at: &TestApp, endpoint: &Endpoint, job: &str) -> Reply {
    at.get(&key(endpoint), &job_path(endpoint, job, "")).await
}

async fn delete(at: &TestApp, endpoint: &Endpoint, job: &str) -> Reply {
    let path = job_path(endpoint, job, "");
    at.ask(&key(endpoint), "DELETE", &path).send().await
}

/// Waits for the end of a job.
async fn until_over(at: &TestApp, endpoint: &Endpoint, job: &str) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let status = status(at, endpoint, job).await.expect(200);
        if status["EndTime"].is_string() {
            return status;
        }
        assert!(Instant::now() < until, "{status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Follows a result as the samples do: three texts joined, a plain GET.
async fn follow(at: &TestApp, result: &Value) -> Reply {
    let text = |name: &str| result[name].as_str().unwrap().to_owned();
    let url = text("BaseLocation") + &text("RelativeLocation") + &text("SasBlobToken");
    at.get(&As::Nobody, url.strip_prefix(&at.base).unwrap())
        .await
}

async fn finished(at: &TestApp, endpoint: &Endpoint, body: &Value) -> (Value, String) {
    let job = submit(at, endpoint, body).await;
    assert_eq!(start(at, endpoint, &job).await.status, 204);
    let status = until_over(at, endpoint, &job).await;
    assert_eq!(status["StatusCode"], "Finished", "{status}");
    let output = follow(at, &status["Results"]["output1"]).await;
    assert_eq!(output.status, 200, "{}", output.text);
    (status, output.text)
}

/// Sees a later job of another endpoint through: what still waits then was not to be begun.
async fn passed_by(world: &World) {
    let other = world.endpoint("other").await;
    let blob = upload(&world.at, &other, "input/penguins.csv", ROWS).await;
    finished(&world.at, &other, &json!({"Input": blob})).await;
}

#[tokio::test]
async fn a_job_goes_the_way_of_the_samples() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let shown = at.get(&world.owner, &acme.path).await.expect(200);
    assert_eq!(
        shown["urls"]["batch"],
        format!("{}{}", at.base, jobs_path(&acme))
    );

    let blob = upload(at, &acme, "input/penguins.csv", ROWS).await;
    let body = json!({"Inputs": {"input1": blob}, "Outputs": {}, "GlobalParameters": {}});
    let job = submit(at, &acme, &body).await;
    let waiting = status(at, &acme, &job).await.expect(200);
    assert_eq!(waiting["StatusCode"], "NotStarted");
    assert_eq!(
        (&waiting["Results"], &waiting["Details"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(waiting["CreatedAt"], "2026-11-18T11:06:40.000Z");
    // Not before it is started, though the queue has been through.
    passed_by(&world).await;
    assert_eq!(
        status(at, &acme, &job).await.expect(200)["StatusCode"],
        "NotStarted"
    );

    let started = start(at, &acme, &job).await;
    assert_eq!((started.status, started.text.as_str()), (204, ""));
    let over = until_over(at, &acme, &job).await;
    assert_eq!(over["StatusCode"], "Finished", "{over}");
    assert_eq!(over["Details"], Value::Null);
    let result = &over["Results"]["output1"];
    assert_eq!(over["Results"].as_object().unwrap().len(), 1);
    assert_eq!(result["ConnectionString"], Value::Null);
    let token = result["SasBlobToken"].as_str().unwrap();
    let names: Vec<_> = token[1..]
        .split('&')
        .map(|pair| pair.split('=').next().unwrap())
        .collect();
    assert!(
        token.starts_with('?') && names == ["sv", "sr", "sig", "st", "se", "sp"],
        "{token}"
    );

    let output = follow(at, result).await;
    assert_eq!(output.header("content-type"), "text/csv");
    let lines: Vec<&str> = output.text.split_terminator("\r\n").collect();
    assert_eq!(
        lines[0],
        "note,sex,body_mass_g,flipper_length_mm,bill_depth_mm,bill_length_mm,island,Scored Labels,\
         \"Scored Probabilities for Class \"\"Adelie\"\"\",\"Scored Probabilities for Class \"\"Chinstrap\"\"\",\
         \"Scored Probabilities for Class \"\"Gentoo\"\"\""
    );
    assert_eq!(lines.len(), 3);
    assert!(
        lines[1].starts_with("first,male,3750,181,18.7,39.1,Torgersen,Adelie,"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].starts_with("\"a, \"\"b\"\"\",,4500,211,13.2,46.1,Biscoe,Gentoo,"),
        "{}",
        lines[2]
    );

    // The same numbers as a call gives.
    let call = json!({"Inputs": {"input1": [{"sex": "male", "body_mass_g": 3750, "flipper_length_mm": 181,
        "bill_depth_mm": 18.7, "bill_length_mm": 39.1, "island": "Torgersen"}]}});
    let answer = at.call(&acme.call, &acme.primary, &call).await.expect(200);
    let values = &answer["Results"]["output1"]["value"]["Values"][0];
    let cells: Vec<&str> = values.as_array().unwrap()[6..]
        .iter()
        .map(|v| v.as_str().unwrap())
        .collect();
    assert_eq!(lines[1].splitn(8, ',').nth(7).unwrap(), cells.join(","));

    assert_eq!(delete(at, &acme, &job).await.status, 204);
    assert_eq!(
        delete(at, &acme, &job).await.status,
        204,
        "deleting twice is no error"
    );
    let gone = status(at, &acme, &job).await.expect(404);
    assert_eq!(gone["error"]["details"][0]["code"], "JobNotFound");
    assert_eq!(start(at, &acme, &job).await.status, 404);
    assert_eq!(
        follow(at, result).await.text,
        output.text,
        "the output outlives its job"
    );
}

#[tokio::test]
async fn a_connection_string_takes_the_place_of_azures() {
    let world = World::start().await;
    let (at, acme, next) = (
        &world.at,
        world.endpoint("acme").await,
        world.endpoint("next").await,
    );
    upload(at, &acme, "input/penguins.tsv", &ROWS.replace(',', "\t")).await;
    let string = async |endpoint: &Endpoint| {
        let path = format!("{}/blobs?comp=connectionstring", endpoint.base());
        let answer = at.get(&key(endpoint), &path).await.expect(200);
        answer["connection_string"].as_str().unwrap().to_owned()
    };
    let own = string(&acme).await;
    let by_key = format!("AccountName=acme;AccountKey={}", acme.secondary);
    for (number, connection) in [&own, &by_key].into_iter().enumerate() {
        let output = format!("/output/scored-{number}.TSV");
        let blob = |location: &str| {
            json!({"ConnectionString": connection, "RelativeLocation": location,
            "BaseLocation": null, "SasBlobToken": null})
        };
        let body =
            json!({"Input": blob("/input/penguins.tsv"), "Outputs": {"output1": blob(&output)}});
        let (status, text) = finished(at, &acme, &body).await;
        assert_eq!(
            status["Results"]["output1"]["RelativeLocation"],
            output[1..]
        );
        assert!(text.starts_with("note\tsex\t"), "{text}");
        assert!(!status.to_string().contains("AccountKey"));
    }
    // It opens the area of its own endpoint alone, and ends with its key.
    let check = async |connection: &str, words: &str| {
        let body = json!({"Input": {"ConnectionString": connection, "RelativeLocation": "input/penguins.tsv"}});
        let reply = at.post(&key(&acme), &jobs_path(&acme), body).await;
        let error = reply.expect(400);
        assert_eq!(
            error["error"]["details"][0]["code"],
            "InvalidBlobConnectionString"
        );
        let message = error["error"]["details"][0]["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
        assert!(!reply.text.contains(connection));
    };
    check(&string(&next).await, "not on this server").await;
    check("nonsense", "Name=value").await;
    check("AccountName=a", "no AccountKey").await;
    check("UseDevelopmentStorage=true", "not on this server").await;
    check(
        &own.replace("AccountKey=", "AccountKey=A"),
        "not on this server",
    )
    .await;
    check("DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=AAAA;EndpointSuffix=core.windows.net", "not on this server").await;
    let disable = format!("{}/keys/primary", acme.path);
    at.patch(&world.owner, &disable, json!({"disabled": true}))
        .await
        .expect(200);
    let body =
        json!({"Input": {"ConnectionString": own, "RelativeLocation": "input/penguins.tsv"}});
    let who = As::Bearer(acme.secondary.clone());
    at.post(&who, &jobs_path(&acme), body).await.expect(400);
    // Neither key stands in the database, nor what follows from it.
    let stored = at
        .texts("SELECT id || stages || parameters || output_name || coalesce(details, '') FROM job")
        .await;
    assert!(
        stored.len() == 2
            && stored
                .iter()
                .all(|row| !row.contains("portico_") && !row.contains("AccountKey"))
    );
}

#[tokio::test]
async fn clients_before_2_0_start_nothing_and_read_numbers() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let blob = upload(at, &acme, "input/penguins.csv", ROWS).await;
    let path = format!("{}/jobs", acme.base());
    let connection = format!("AccountKey={}", acme.primary);
    let output = json!({"ConnectionString": connection, "RelativeLocation": "out/old.csv"});
    let body = json!({"Input": blob, "Output": output, "GlobalParameters": null});
    let reply = at.post(&key(&acme), &path, body).await;
    let job = id_in(&reply);
    let over = until_over(at, &acme, &job).await;
    assert_eq!(over["StatusCode"], "Finished");
    let old = at
        .get(&key(&acme), &format!("{path}/{job}"))
        .await
        .expect(200);
    assert_eq!(old["StatusCode"], 4);
    assert!(old.get("Results").is_none());
    assert_eq!(old["Result"]["RelativeLocation"], "out/old.csv");
    assert!(follow(at, &old["Result"]).await.text.contains("Gentoo"));
}

#[tokio::test]
async fn wrong_bodies_are_refused_by_classics_codes() {
    let world = World::start().await;
    let (at, acme, next) = (
        &world.at,
        world.endpoint("acme").await,
        world.endpoint("next").await,
    );
    let good = upload(at, &acme, "input/penguins.csv", ROWS).await;
    let foreign = upload(at, &next, "input/penguins.csv", ROWS).await;
    upload(at, &acme, "input/penguins.arff", ROWS).await;
    let connection = format!("AccountKey={}", acme.primary);
    let at_location =
        |location: &str| json!({"ConnectionString": connection, "RelativeLocation": location});
    let with = |name: &str, field: &str, value: Value| {
        let mut body = json!({"Inputs": {"input1": good}});
        body[name] = json!({"output1": good});
        body[name]["output1"][field] = value;
        body
    };
    let input = |blob: Value| json!({"Inputs": {"input1": blob}});
    let check = async |body: Value, code: &str| {
        let reply = at.post(&key(&acme), &jobs_path(&acme), body.clone()).await;
        let error = reply.expect(400)["error"].clone();
        assert_eq!(error["details"][0]["code"], code, "{body}: {error}");
        assert!(error["details"][0]["message"].as_str().unwrap().len() > 20);
        assert!(["BadArgument", "BadUserArgument"].contains(&error["code"].as_str().unwrap()));
    };
    check(json!({}), "BatchJobInputsNotSpecified").await;
    check(
        json!({"Inputs": {"input1": good}, "Input": good}),
        "DuplicateInputInBatchCall",
    )
    .await;
    check(
        json!({"Inputs": {"input1": good, "input2": good}}),
        "BatchJobInputsTooManySpecified",
    )
    .await;
    check(json!({"Inputs": {"sales": good}}), "InvalidInputNames").await;
    check(input(json!({})), "MissingInputBlobInformation").await;
    check(
        input(json!({"RelativeLocation": "input/penguins.csv"})),
        "MissingInputBlobInformation",
    )
    .await;
    check(input(at_location("")), "InputBlobRelativeLocationInvalid").await;
    check(
        input(at_location("/input/")),
        "InputBlobRelativeLocationInvalid",
    )
    .await;
    check(input(at_location("//penguins.csv")), "ContainerIsEmpty").await;
    check(
        input(at_location("/In put/penguins.csv")),
        "ContainerSegmentInvalid",
    )
    .await;
    check(
        input(at_location("/input/../penguins.csv")),
        "InputBlobRelativeLocationInvalid",
    )
    .await;
    check(
        input(at_location(&format!("/input/{}.csv", "x".repeat(1025)))),
        "BlobNameTooLong",
    )
    .await;
    check(input(at_location("/input/nobody.csv")), "BlobNotFound").await;
    check(
        input(at_location("/input/penguins.arff")),
        "InvalidBlobExtension",
    )
    .await;
    check(
        input(at_location("/input/penguins")),
        "InvalidBlobExtension",
    )
    .await;
    let mut unsigned = foreign.clone();
    unsigned["SasBlobToken"] = Value::Null;
    check(input(unsigned), "InvalidBlob").await;
    let elsewhere = json!({"BaseLocation": "https://example.com/", "RelativeLocation": "a/b.csv", "SasBlobToken": "?sig=canary"});
    check(input(elsewhere), "InvalidBlob").await;
    check(
        input(json!({"BaseLocation": "file:///", "RelativeLocation": "etc/passwd.csv"})),
        "InvalidBlob",
    )
    .await;
    check(
        input(json!({"BaseLocation": at.base, "RelativeLocation": "/api/v1/me"})),
        "InvalidBlob",
    )
    .await;
    check(
        json!({"Input": good, "Outputs": {"Output1": good}}),
        "InvalidOutputOverrideName",
    )
    .await;
    check(
        json!({"Input": good, "Outputs": {"output1": null}}),
        "MissingOutputOverrideSpecification",
    )
    .await;
    check(
        json!({"Input": good, "Outputs": {"output1": {}}}),
        "MissingOutputOverrideSpecification",
    )
    .await;
    check(
        with("Outputs", "RelativeLocation", json!("out/scored.ilearner")),
        "InvalidBlobExtension",
    )
    .await;
    check(
        with("Outputs", "BaseLocation", json!("https://example.com/")),
        "InvalidBlob",
    )
    .await;
    check(
        json!({"Input": good, "GlobalParameters": {"x": 1}}),
        "UnexpectedParameter",
    )
    .await;
    for (body, code) in [
        ("", "RequestIsEmpty"),
        ("{", "RequestBodyInvalid"),
        ("[]", "RequestBodyInvalid"),
    ] {
        let ask = at.ask(&key(&acme), "POST", &jobs_path(&acme)).text(body);
        assert_eq!(
            ask.send().await.expect(400)["error"]["details"][0]["code"],
            code
        );
    }
    let path = jobs_path(&acme).replace("2.0", "1.0");
    let refused = at
        .post(&key(&acme), &path, input(good.clone()))
        .await
        .expect(400);
    assert_eq!(refused["error"]["details"][0]["code"], "BadVersionCall");
    // What another endpoint's link opens may be scored here.
    let (_, text) = finished(at, &acme, &input(foreign)).await;
    assert!(text.contains("Gentoo"));
}

#[tokio::test]
async fn rows_that_fail_cost_only_themselves() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let header = "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,=note";
    let mut text = format!("{header}\n");
    let rows = 1_500;
    for row in 0..rows {
        let mass = if row % 700 == 1 {
            "heavy".to_owned()
        } else {
            (3000 + row).to_string()
        };
        let island = if row == 3 { "" } else { "Biscoe" };
        text += &format!("{island},46.1,13.2,211,{mass},,+{row}x\n");
    }
    let blob = upload(at, &acme, "input/mixed.csv", &text).await;
    let (status, output) = finished(at, &acme, &json!({"Input": blob})).await;
    assert_eq!(
        status["Details"],
        format!(
            "4 of {rows} rows could not be scored. The column “Scored Error” and the list “{}” say why.",
            status["Results"]["errors"]["RelativeLocation"]
                .as_str()
                .unwrap()
                .split_once('/')
                .unwrap()
                .1
        )
    );
    let lines: Vec<&str> = output.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), rows + 1);
    assert!(
        lines[0].starts_with(&header.replace("=note", "'=note"))
            && lines[0].ends_with(",Scored Error")
    );
    for (row, line) in lines[1..].iter().enumerate() {
        // In order, guarded, and one out for each one in.
        assert!(line.contains(&format!(",'+{row}x,")), "{line}");
        let failed = row % 700 == 1 || row == 3;
        assert_eq!(
            line.contains(",Gentoo,") || line.contains(",Adelie,") || line.contains(",Chinstrap,"),
            !failed,
            "{line}"
        );
        assert_eq!(line.ends_with(','), !failed, "{line}");
    }
    assert!(
        lines[2].ends_with(",,,,,\"body_mass_g takes a number, not heavy.\"")
            || lines[2].contains("body_mass_g takes a number"),
        "{}",
        lines[2]
    );
    let errors = follow(at, &status["Results"]["errors"]).await.text;
    let errors: Vec<&str> = errors.split_terminator("\r\n").collect();
    assert_eq!(errors[0], "Row,Column,Code,Error");
    let places: Vec<String> = errors[1..]
        .iter()
        .map(|line| line.split(',').take(3).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        places,
        [
            "3 body_mass_g value_type",
            "5 island value_missing",
            "703 body_mass_g value_type",
            "1403 body_mass_g value_type"
        ]
    );
    // Counted by row, exactly, in the same transaction as the end.
    let counted = at
        .texts("SELECT slot || ' ' || calls || ' ' || errors || ' ' || rows FROM usage_minute")
        .await;
    assert_eq!(counted, ["primary 1 0 1496"]);
}

#[tokio::test]
async fn jobs_that_can_not_be_done_fail_in_plain_words() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let check = async |name: &str, text: &str, words: &str| {
        let blob = upload(at, &acme, &format!("input/{name}.csv"), text).await;
        let job = submit(at, &acme, &json!({"Input": blob})).await;
        assert_eq!(start(at, &acme, &job).await.status, 204);
        let over = until_over(at, &acme, &job).await;
        assert_eq!(
            (&over["StatusCode"], &over["Results"]),
            (&json!("Failed"), &Value::Null),
            "{name}"
        );
        let details = over["Details"].as_str().unwrap();
        assert!(details.contains(words), "{name}: {details}");
        let again = start(at, &acme, &job).await.expect(400);
        assert_eq!(again["error"]["details"][0]["code"], "CannotStartJob");
        assert_eq!(
            again["error"]["details"][0]["message"],
            "The job cannot be started because it is in Failed state."
        );
    };
    check(
        "columns",
        "island,sex\nBiscoe,male\n",
        "“bill_length_mm”, “",
    )
    .await;
    check("one", &ROWS.replace("island", "isle"), "no column “island”").await;
    check("nothing", "", "empty").await;
    check("quote", &format!("{ROWS}\"open"), "quote").await;
    check("zip", "PK\u{3}\u{4}\u{14}\u{0}\u{0}\u{0}", "").await;
    check(
        "all",
        &ROWS.replace("181", "x").replace("211", "y"),
        "No row can be scored; the first is row 2: flipper_length_mm",
    )
    .await;
    let counted = at
        .texts("SELECT calls || ' ' || errors || ' ' || rows FROM usage_minute")
        .await;
    assert_eq!(counted, ["6 6 0"]);
}

#[tokio::test]
async fn tables_of_other_dialects_are_read_by_what_fits() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let rows = "island;bill_length_mm;bill_depth_mm;flipper_length_mm;body_mass_g;sex\nBiscoe;46.1;13.2;211;4500;\n";
    let blob = upload(at, &acme, "input/semicolons.csv", rows).await;
    let (_, text) = finished(at, &acme, &json!({"Input": blob})).await;
    assert!(
        text.contains("Biscoe,46.1,13.2,211,4500,,Gentoo,"),
        "{text}"
    );
    // A table that was scored before is scored anew.
    let blob = upload(at, &acme, "input/again.csv", &text).await;
    let (_, again) = finished(at, &acme, &json!({"Input": blob})).await;
    assert_eq!(again, text);
}

#[tokio::test]
async fn a_job_is_taken_back_before_and_while_it_runs() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let blob = upload(at, &acme, "input/penguins.csv", ROWS).await;
    let job = submit(at, &acme, &json!({"Input": blob})).await;
    assert_eq!(delete(at, &acme, &job).await.status, 204);
    assert_eq!(
        status(at, &acme, &job).await.expect(200)["StatusCode"],
        "Cancelled"
    );
    let refused = start(at, &acme, &job).await.expect(400);
    assert_eq!(
        refused["error"]["details"][0]["message"],
        "The job cannot be started because it is in Cancelled state."
    );

    let mut large =
        String::from("island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex\n");
    large.push_str(&"Biscoe,46.1,13.2,211,4500,\n".repeat(400_000));
    let blob = upload(at, &acme, "input/large.csv", &large).await;
    let job = submit(at, &acme, &json!({"Input": blob})).await;
    start(at, &acme, &job).await;
    let until = Instant::now() + Duration::from_secs(30);
    while status(at, &acme, &job).await.expect(200)["StatusCode"] != "Running" {
        assert!(Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let twice = start(at, &acme, &job).await.expect(400);
    assert_eq!(twice["error"]["code"], "InvalidOperation");
    assert_eq!(delete(at, &acme, &job).await.status, 204);
    let over = status(at, &acme, &job).await.expect(200);
    assert_eq!(
        (&over["StatusCode"], &over["Results"]),
        (&json!("Cancelled"), &Value::Null)
    );
    // Its worker is free again, and nothing of it is counted or kept.
    let blob = upload(at, &acme, "input/penguins.csv", ROWS).await;
    finished(at, &acme, &json!({"Input": blob})).await;
    assert_eq!(
        status(at, &acme, &job).await.expect(200)["StatusCode"],
        "Cancelled"
    );
    assert_eq!(at.texts("SELECT rows || '' FROM usage_minute").await, ["2"]);
    let outputs = at
        .texts("SELECT name FROM area_blob WHERE container = 'experimentoutput'")
        .await;
    assert_eq!(outputs.len(), 1);
}

#[tokio::test]
async fn keys_are_asked_for_alike_whatever_is_there() {
    let world = World::start().await;
    let (at, acme, next) = (
        &world.at,
        world.endpoint("acme").await,
        world.endpoint("next").await,
    );
    let blob = upload(at, &acme, "input/penguins.csv", ROWS).await;
    let job = submit(at, &acme, &json!({"Input": blob})).await;
    let nobody = "0".repeat(32);
    let mut bodies = Vec::new();
    for (method, rest) in [
        ("POST", ""),
        ("POST", "/start"),
        ("GET", ""),
        ("DELETE", ""),
    ] {
        let path = if rest.is_empty() && method == "POST" {
            jobs_path(&acme)
        } else {
            job_path(&acme, &job, rest)
        };
        for (who, path) in [
            (As::Nobody, path.clone()),
            (world.owner.clone(), path.clone()),
            (world.token.clone(), path.clone()),
            (key(&next), path.clone()),
            (key(&acme), path.replace(&acme.id, &nobody)),
            (key(&acme), path.replace(world.workspace.as_str(), &nobody)),
        ] {
            let reply = at.ask(&who, method, &path).text("not JSON").send().await;
            assert_eq!(reply.status, 401, "{method} {path}");
            bodies.push(reply.text);
        }
        let keyed = format!("{path}&code={}", acme.primary);
        let refused = at.ask(&key(&acme), method, &keyed).text("").send().await;
        assert_eq!(
            refused.expect(400)["error"]["details"][0]["code"],
            "InvalidQueryParameter"
        );
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    // A job of another endpoint is not there.
    for id in [job.as_str(), &nobody, "x", "%ff"] {
        for (method, rest) in [("POST", "/start"), ("GET", ""), ("DELETE", "")] {
            let reply = at
                .ask(&key(&next), method, &job_path(&next, id, rest))
                .send()
                .await;
            assert!(
                reply.status == 404 || (id == "%ff" && reply.status == 401),
                "{method} {id} {}",
                reply.text
            );
        }
    }
    for (method, path) in [
        ("GET", jobs_path(&acme)),
        ("PUT", job_path(&acme, &job, "")),
        ("GET", job_path(&acme, &job, "/start")),
    ] {
        assert_eq!(
            at.ask(&key(&acme), method, &path).send().await.status,
            405,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn links_expire_and_asking_again_renews_them() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let blob = upload(at, &acme, "input/penguins.csv", ROWS).await;
    let job = submit(at, &acme, &json!({"Input": blob})).await;
    start(at, &acme, &job).await;
    let before = until_over(at, &acme, &job).await;
    at.wait(24 * 3600 * 1_000_000);
    let expired = follow(at, &before["Results"]["output1"]).await;
    assert_eq!(
        expired.expect(403)["error"]["details"][0]["code"],
        "AuthenticationFailed"
    );
    let after = status(at, &acme, &job).await.expect(200);
    assert_eq!(follow(at, &after["Results"]["output1"]).await.status, 200);
}

#[tokio::test]
async fn a_paused_endpoint_takes_no_job_and_begins_none() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let blob = upload(at, &acme, "input/penguins.csv", ROWS).await;
    let job = submit(at, &acme, &json!({"Input": blob})).await;
    let pause = async |paused: bool| {
        at.patch(&world.owner, &acme.path, json!({"paused": paused}))
            .await
            .expect(200);
    };
    pause(true).await;
    let refused = at
        .post(&key(&acme), &jobs_path(&acme), json!({"Input": blob}))
        .await
        .expect(503);
    assert_eq!(refused["error"]["details"][0]["code"], "EndpointPaused");
    start(at, &acme, &job).await;
    let twice = start(at, &acme, &job).await.expect(400);
    assert_eq!(
        twice["error"]["details"][0]["message"],
        "The job cannot be started because it is in Queued state."
    );
    passed_by(&world).await;
    assert_eq!(
        status(at, &acme, &job).await.expect(200)["StatusCode"],
        "NotStarted"
    );
    pause(false).await;
    assert_eq!(until_over(at, &acme, &job).await["StatusCode"], "Finished");
}

#[tokio::test]
async fn what_was_pinned_at_submission_is_what_scores() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let blob = upload(at, &acme, "input/penguins.csv", ROWS).await;
    let job = submit(at, &acme, &json!({"Input": blob})).await;
    // The input is another one by now, and then none at all.
    upload(at, &acme, "input/penguins.csv", "nothing\n").await;
    let path = format!("{}/blobs/input/penguins.csv", acme.base());
    assert_eq!(
        at.ask(&key(&acme), "DELETE", &path).send().await.status,
        202
    );
    at.app.area.sweep(&at.app.store, i64::MAX).await.unwrap();
    start(at, &acme, &job).await;
    assert_eq!(until_over(at, &acme, &job).await["StatusCode"], "Finished");
}

/// Answers each request with this.
async fn other_host(answer: String) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    base
}

#[tokio::test]
async fn inputs_from_other_hosts_come_from_those_that_were_allowed() {
    let world = World::start_as(|settings| {
        settings.allowed_sources = vec!["127.0.0.1".to_owned()];
    })
    .await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let answer = |status: &str, rows: &str| {
        format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{rows}",
            rows.len()
        )
    };
    let blob = |base: &str| json!({"Input": {"BaseLocation": base, "RelativeLocation": "/data/rows.csv", "SasBlobToken": "?sig=canary-token"}});
    let there = other_host(answer("200 OK", ROWS)).await;
    let job = submit(at, &acme, &blob(&there)).await;
    let sealed = "SELECT hex(source) FROM job WHERE source IS NOT NULL";
    let stored = at.texts(sealed).await;
    assert!(
        stored.len() == 1 && !stored[0].contains(&hex::encode_upper("canary")),
        "its address is sealed"
    );
    start(at, &acme, &job).await;
    let over = until_over(at, &acme, &job).await;
    assert_eq!(over["StatusCode"], "Finished", "{over}");
    assert!(
        follow(at, &over["Results"]["output1"])
            .await
            .text
            .contains("Gentoo")
    );
    assert!(
        at.texts(sealed).await.is_empty(),
        "and forgotten once it was followed"
    );

    let fails = async |base: &str, words: &str| {
        let job = submit(at, &acme, &blob(base)).await;
        start(at, &acme, &job).await;
        let over = until_over(at, &acme, &job).await;
        let details = over["Details"].as_str().unwrap();
        assert!(
            over["StatusCode"] == "Failed"
                && details.contains(words)
                && !details.contains("canary"),
            "{over}"
        );
    };
    fails(&other_host(answer("404 Not Found", "")).await, "status 404").await;
    // Where a redirect leads was never allowed.
    fails(
        &other_host(
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
                .to_owned(),
        )
        .await,
        "status 302",
    )
    .await;
    fails("http://127.0.0.1:1/", "does not answer").await;
    fails(
        &other_host("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nx".to_owned()).await,
        "more than",
    )
    .await;
    fails(
        &other_host(
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nx".to_owned(),
        )
        .await,
        "broke off",
    )
    .await;
    for base in [
        "http://localhost:1/",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "http://127.0.0.1@example.com/",
    ] {
        let error = at
            .post(&key(&acme), &jobs_path(&acme), blob(base))
            .await
            .expect(400);
        assert_eq!(
            error["error"]["details"][0]["code"], "InvalidBlob",
            "{base}"
        );
        assert!(!error.to_string().contains("canary"));
    }
}

#[tokio::test]
async fn a_full_queue_says_so() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let blob = upload(at, &acme, "input/penguins.csv", ROWS).await;
    submit(at, &acme, &json!({"Input": blob})).await;
    at.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
         INSERT INTO job (id, endpoint_id, workspace_id, service_id, version, stages, slot, parameters, input_sha256, input_tabs,
                          output_container, output_name, state, created_at)
         SELECT printf('%032x', i), endpoint_id, workspace_id, service_id, version, stages, slot, parameters, input_sha256, input_tabs,
                output_container, output_name, state, created_at FROM job, n",
    )
    .await;
    let full = at
        .post(&key(&acme), &jobs_path(&acme), json!({"Input": blob}))
        .await;
    assert_eq!(full.header("retry-after"), "60");
    let error = full.expect(503);
    assert_eq!(
        error["error"]["details"][0]["code"],
        "TooManyConcurrentRequests"
    );
    assert_eq!(delete(at, &acme, &format!("{:032x}", 7)).await.status, 204);
    submit(at, &acme, &json!({"Input": blob})).await;
}

#[tokio::test]
async fn what_ran_when_the_server_ended_begins_again() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let blob = upload(&world.at, &acme, "input/penguins.csv", ROWS).await;
    let job = submit(&world.at, &acme, &json!({"Input": blob})).await;
    world
        .at
        .sql("UPDATE job SET state = 'Running', queued_at = 1, attempt = 3")
        .await;
    let home = world.at.stop().await;
    let at = TestApp::start_in(home, NOW).await;
    let over = until_over(&at, &acme, &job).await;
    assert_eq!(over["StatusCode"], "Finished");
    assert_eq!(at.texts("SELECT attempt || '' FROM job").await, ["4"]);
}
